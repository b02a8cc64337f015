"""A project that has the toolbar and our panel, but not the dashboard."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("__debug__/", include("debug_toolbar.urls")),
    path("", include("tests.testapp.urls")),
]
