"""Where the dashboard is, seen from a request: below the prefix that the user chose, or nowhere."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

APP_NAME = "orm_insight"


def find_address(request: HttpRequest, name: str, *args: object) -> str | None:
    """``None`` where the addresses of this request, which may have its own, lack the dashboard."""
    urlconf = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    try:
        return reverse(f"{APP_NAME}:{name}", urlconf=urlconf, args=args)
    except NoReverseMatch:
        return None
