"""The rule that says who may see traces, for pages and for responses on their way.

With ``DEBUG`` what the Debug Toolbar's own rule allows, without it active superusers only;
``ORM_INSIGHT["SHOW_CALLBACK"]`` replaces both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any, cast

from asgiref.sync import async_to_sync, sync_to_async
from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import LazyObject, empty
from django.utils.module_loading import import_string

from orm_insight.capture.cursors import QueryRefusedError, queries_refused
from orm_insight.conf import get_config

Rule = Callable[[HttpRequest], Any]

TOOLBAR_RULE = "debug_toolbar.middleware.show_toolbar"


def may_see(request: HttpRequest) -> bool:
    """Whether this client may see what other requests did to the database."""
    return _asked(_rule(), request)


def may_see_at_once(request: HttpRequest) -> bool | None:
    """The same without a query: ``None`` where only one could tell."""
    rule = _rule()
    if rule is _is_superuser:
        user = _loaded_user(request)
        return None if user is None else _is_active_superuser(user)
    if _is_quick(rule):
        return bool(rule(request))
    try:
        with queries_refused():
            return _asked(rule, request)
    except QueryRefusedError:
        return None


async def may_see_at_once_async(request: HttpRequest) -> bool | None:
    """A rule of the project may block: it does so in a thread, as in a view that is not async."""
    rule = _rule()
    if rule is _is_superuser or _is_quick(rule):
        return may_see_at_once(request)
    return await sync_to_async(may_see_at_once)(request)


def _rule() -> Rule:
    if callback := get_config().show_callback:
        return callback
    return _toolbar_rule() if settings.DEBUG else _is_superuser


def _is_quick(rule: Rule) -> bool:
    """A comparison of addresses, ours or the toolbar's."""
    if rule is _is_developer or rule is _is_nobody:
        return True
    name = f"{getattr(rule, '__module__', '')}.{getattr(rule, '__qualname__', '')}"
    return name == TOOLBAR_RULE


def _is_superuser(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and _is_active_superuser(user)


def _is_active_superuser(user: Any) -> bool:
    return bool(user.is_active and user.is_superuser)


def _loaded_user(request: HttpRequest) -> Any:
    """The user, if somebody has asked for it already; to ask would load session and user."""
    user = vars(request).get("user")
    if not isinstance(user, LazyObject):
        return user
    loaded = vars(user)["_wrapped"]
    if loaded is not empty:
        return loaded
    # What auth remembers, where a view has asked ``request.auser()``.
    return getattr(request, "_cached_user", None) or getattr(request, "_acached_user", None)


def _toolbar_rule() -> Rule:
    """The toolbar's rule. Its module cannot be imported where it is not installed as an app."""
    toolbar = getattr(settings, "DEBUG_TOOLBAR_CONFIG", None)
    rule = toolbar.get("SHOW_TOOLBAR_CALLBACK") if isinstance(toolbar, Mapping) else None
    if callable(rule):
        return cast(Rule, rule)
    if rule in (None, TOOLBAR_RULE) and not apps.is_installed("debug_toolbar"):
        return _is_developer
    try:
        found: Rule = import_string(rule or TOOLBAR_RULE)
        return found
    except (ImportError, RuntimeError):
        return _is_nobody


def _is_developer(request: HttpRequest) -> bool:
    """What the toolbar does by default."""
    return request.META.get("REMOTE_ADDR") in settings.INTERNAL_IPS


def _is_nobody(request: HttpRequest) -> bool:
    """A rule that cannot be found lets nobody in."""
    return False


def _asked(rule: Rule, request: HttpRequest) -> bool:
    """The answer itself: what an async rule returns would count as a yes before it is awaited."""
    answer = rule(request)
    return bool(async_to_sync(_awaited)(answer) if isawaitable(answer) else answer)


async def _awaited(answer: Awaitable[Any]) -> Any:
    return await answer
