"""The rule that says who may see traces, for pages and for response headers.

With ``DEBUG`` the Debug Toolbar's own rule decides; without it only active superusers may.
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
    """Return whether this client may see the queries of other requests."""
    return _answer(_rule(), request)


def may_see_at_once(request: HttpRequest) -> bool | None:
    """Return the same without a query, or ``None`` if the answer needs one."""
    rule = _rule()
    if rule is _is_superuser:
        user = _loaded_user(request)
        return None if user is None else _is_active_superuser(user)
    if _is_quick(rule):
        return bool(rule(request))
    try:
        with queries_refused():
            return _answer(rule, request)
    except QueryRefusedError:
        return None


async def may_see_at_once_async(request: HttpRequest) -> bool | None:
    """Run a rule of the project in a thread, because it may block, as in a sync view."""
    rule = _rule()
    if rule is _is_superuser or _is_quick(rule):
        return may_see_at_once(request)
    return await sync_to_async(may_see_at_once)(request)


def _rule() -> Rule:
    if callback := get_config().show_callback:
        return callback
    return _toolbar_rule() if settings.DEBUG else _is_superuser


def _is_quick(rule: Rule) -> bool:
    """Return whether the rule only compares addresses, as ours and the toolbar's do."""
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
    """The user if it is loaded already. To ask for it would load the session and the user."""
    user = vars(request).get("user")
    if not isinstance(user, LazyObject):
        return user
    loaded = vars(user)["_wrapped"]
    if loaded is not empty:
        return loaded
    # The cache of auth, if a view has called ``request.auser()``.
    return getattr(request, "_cached_user", None) or getattr(request, "_acached_user", None)


def _toolbar_rule() -> Rule:
    """The toolbar's rule. Its module cannot be imported unless it is an installed app."""
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
    """The toolbar's default rule."""
    return request.META.get("REMOTE_ADDR") in settings.INTERNAL_IPS


def _is_nobody(request: HttpRequest) -> bool:
    """Stand in for a rule that cannot be imported."""
    return False


def _answer(rule: Rule, request: HttpRequest) -> bool:
    """The rule's answer, awaited if the rule is async: a coroutine would count as a yes."""
    answer = rule(request)
    return bool(async_to_sync(_awaited)(answer) if isawaitable(answer) else answer)


async def _awaited(answer: Awaitable[Any]) -> Any:
    return await answer
