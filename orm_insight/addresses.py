"""Where the dashboard is, seen from a request: below the prefix that the user chose, or nowhere."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse

APP_NAME = "orm_insight"


def find_address(request: HttpRequest, name: str, *args: object) -> str | None:
    """``None`` where the addresses of this request, which may have its own, lack the dashboard."""
    urlconf = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    try:
        return reverse(f"{APP_NAME}:{name}", urlconf=urlconf, args=args)
    except NoReverseMatch:
        return None


def is_below_dashboard(request: HttpRequest) -> bool:
    """Is the address one of the dashboard's, though maybe none that it knows?"""
    try:
        base = find_address(request, "overview")
    except Exception:
        # URLs that cannot be loaded lead to no dashboard either. Django tells what is wrong.
        return False
    if base is None or base == get_script_prefix():
        # At the root, everything would be below it.
        return False
    return request.path.startswith(base) or f"{request.path}/" == base
