"""The dashboard is all that there is."""

from __future__ import annotations

from django.urls import URLResolver, include, path

urlpatterns: list[URLResolver] = [path("", include("orm_insight.urls"))]
