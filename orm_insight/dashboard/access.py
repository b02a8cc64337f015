"""Gates of the dashboard's views: clients that may not see traces get a 404.

``conf.access`` has the rule.
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
    """The name of the user, empty if nobody has signed in."""
    user = getattr(request, "user", None)
    return str(user.get_username()) if user is not None and user.is_authenticated else ""


def gated(view: View) -> View:
    """Check access first, and the CSRF token of a form after that.

    The CSRF middleware is skipped, because its 403 would tell strangers that the page exists. The
    same check runs here, also in projects without the middleware.
    """
    protected = csrf_protect(view)

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see(request):
            raise Http404
        return protected(request, *args, **kwargs)

    return csrf_exempt(login_not_required(inner))


def page(view: View) -> View:
    """Gate a view, and forbid caches to store its response."""
    return gated(never_cache(view))
