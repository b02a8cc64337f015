"""The addresses of the site: each page takes the token of its request and a number."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from tests.load.pages import PAGES
from tests.load.project import TOOL, URLS

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{name}/<str:token>/<int:n>/", page.view) for name, page in PAGES.items()
]
if "orm_insight" in settings.INSTALLED_APPS:
    urlpatterns.append(path("_orm/", include("orm_insight.urls")))
if TOOL in URLS:
    urlpatterns.append(path(f"{TOOL}/", include(URLS[TOOL])))
