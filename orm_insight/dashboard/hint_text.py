"""Answers with one hint as Markdown."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from orm_insight import insight
from orm_insight.dashboard import access
from orm_insight.dashboard.hint_pages import find_hint, why_gone
from orm_insight.dashboard.links import TraceLinks
from orm_insight.dashboard.responses import HEADERS, gone, no_trace
from orm_insight.ui.hint_detail import hint_detail
from orm_insight.ui.hint_markdown import HintSources, hint_markdown
from orm_insight.ui.source import Sources


@access.page
@require_safe
def hint_as_text(request: HttpRequest, trace_id: str, problem_id: str) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
    number = find_hint(report, problem_id)
    if number is None:
        return gone(request, "No such hint", why_gone(report, problem_id))
    trace, sources = report.trace, Sources(report.trace)
    links = TraceLinks(trace.id)
    detail = hint_detail(number, report, links, sources, about_url=None, csrf_token=None)
    hint = report.hints[number]
    text = hint_markdown(HintSources(hint=hint, detail=detail, trace=trace, sources=sources))
    return HttpResponse(text, content_type=f"{_kind(request)}; charset=utf-8", headers=HEADERS)


def _kind(request: HttpRequest) -> str:
    """Some browsers save Markdown that somebody wants to read, and none saves plain text."""
    is_opened = request.headers.get("Sec-Fetch-Dest") == "document"
    return "text/plain" if is_opened else "text/markdown"
