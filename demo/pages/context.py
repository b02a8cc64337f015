"""The values that the base layout needs on every page, in Django's templates and in Jinja2."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from demo.pages.catalogue import BY_SLUG
from demo.pages.problem import REPAIRED_SUFFIX

DASHBOARD = "/_orm/"


def layout(request: HttpRequest) -> dict[str, Any]:
    """Addresses for the header, and the problem that this page shows, where it shows one."""
    match = request.resolver_match
    name = (match.url_name if match else None) or ""
    return {
        "problem": BY_SLUG.get(name.removesuffix(REPAIRED_SUFFIX)),
        "is_repaired": name.endswith(REPAIRED_SUFFIX),
        "links": {
            "start": reverse("start"),
            "dashboard": DASHBOARD,
            "admin": reverse("admin:index"),
            "stylesheet": static("demo/demo.css"),
            "icon": static("demo/icon.svg"),
        },
    }
