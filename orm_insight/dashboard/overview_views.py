"""The addresses of the whole ring: overview, rankings, and what each key does."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from orm_insight import insight
from orm_insight.dashboard import access
from orm_insight.dashboard.overview_json import overview_json
from orm_insight.dashboard.overview_page import overview as make_overview
from orm_insight.dashboard.overview_page import overview_page
from orm_insight.dashboard.ranking_pages import ranking_page
from orm_insight.dashboard.responses import (
    answer,
    answer_json,
    is_fragment,
    shell_of,
    unchanged,
    wants_json,
)
from orm_insight.dashboard.state import version_of
from orm_insight.ui.overview_contexts import KeysFragment, KeysPage


@access.page
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return answer_json(overview_json())
    if is_fragment(request):
        known = request.GET.get("known")
        if known == version_of(insight.listed()):
            return unchanged()
        return answer(make_overview(request))
    return answer(overview_page(request))


@access.page
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    kind = KeysFragment if is_fragment(request) else KeysPage
    return answer(kind(shell=shell_of(request)))


@access.page
@require_safe
def ranking(request: HttpRequest, name: str) -> HttpResponse:
    return answer(ranking_page(request, name))
