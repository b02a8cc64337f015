"""The addresses of the test project: the library, the admin, the toolbar and the dashboard."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it on their own, and log an error where there is none."""
    return HttpResponse(status=204)


urlpatterns: list[URLPattern | URLResolver] = [
    path("favicon.ico", favicon),
    path("_orm/", include("orm_insight.urls")),
    path("admin/", admin.site.urls),
    path("__debug__/", include("debug_toolbar.urls")),
    path("", include("tests.testapp.urls")),
]
