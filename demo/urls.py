"""The addresses of the demo: a page and its repaired twin for each problem."""

from __future__ import annotations

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from demo.pages.catalogue import PROBLEMS
from demo.pages.problem import REPAIRED_SUFFIX, Problem
from demo.pages.start import start


def _pages(problem: Problem) -> list[URLPattern]:
    if problem.url_names:
        return []
    slug = problem.slug
    return [
        path(f"{slug}/", problem.wasteful, name=slug),
        path(f"{slug}/repaired/", problem.repaired, name=slug + REPAIRED_SUFFIX),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", start, name="start"),
    path("favicon.ico", RedirectView.as_view(url=static("demo/icon.svg"))),
    path("admin/", admin.site.urls),
    path("_orm/", include("orm_insight.urls")),
    path("__debug__/", include("debug_toolbar.urls")),
    *(page for problem in PROBLEMS for page in _pages(problem)),
]
