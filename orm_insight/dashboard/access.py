"""Who may see traces. Everybody else gets a 404, as if there were nothing.

With ``DEBUG`` what the Debug Toolbar's own rule allows, without it active superusers only;
``ORM_INSIGHT["SHOW_CALLBACK"]`` replaces both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from inspect import isawaitable
from typing import Any, cast

from asgiref.sync import async_to_sync
from django.apps import apps
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from orm_insight.conf import get_config

View = Callable[..., HttpResponseBase]
Rule = Callable[[HttpRequest], Any]

TOOLBAR_RULE = "debug_toolbar.middleware.show_toolbar"


def may_see(request: HttpRequest) -> bool:
    """Whether this client may see what other requests did to the database."""
    if callback := get_config().show_callback:
        return _asked(callback, request)
    if settings.DEBUG:
        return _asked(_toolbar_rule(), request)
    return _is_superuser(request)


def name_of(request: HttpRequest) -> str:
    """Who has signed in, empty where nobody has."""
    user = getattr(request, "user", None)
    return str(user.get_username()) if user is not None and user.is_authenticated else ""


def _is_superuser(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user is not None and user.is_active and user.is_superuser)


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


def gated(view: View) -> View:
    """Let in who may see; then, and only then, look at a form's token.

    The middleware for CSRF is kept away, because it would answer strangers with a 403 that tells
    them that there is something; the same check runs here, also where a project has no middleware.
    """
    protected = csrf_protect(view)

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see(request):
            raise Http404
        return protected(request, *args, **kwargs)

    return csrf_exempt(login_not_required(inner))


def page(view: View) -> View:
    """A gated view whose answer no cache may keep."""
    return gated(never_cache(view))
