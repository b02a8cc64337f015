"""Gates the dashboard's views: who may not see traces gets a 404, as if there were nothing.

Who that is, ``visitors`` knows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from orm_insight.conf.access import may_see

View = Callable[..., HttpResponseBase]


def name_of(request: HttpRequest) -> str:
    """Who has signed in, empty where nobody has."""
    user = getattr(request, "user", None)
    return str(user.get_username()) if user is not None and user.is_authenticated else ""


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
