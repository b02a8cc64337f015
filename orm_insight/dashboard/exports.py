"""A trace as a file: for a colleague, and for tools that draw events in time."""

from __future__ import annotations

import json
import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from orm_insight import insight
from orm_insight.analysis.chrome_trace import chrome_trace
from orm_insight.dashboard import access
from orm_insight.dashboard.links import TraceLinks
from orm_insight.dashboard.responses import HEADERS, no_trace
from orm_insight.exchange import export_trace
from orm_insight.model.trace import Trace
from orm_insight.ui.contexts import Export

_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z]+")
_MAX_NAME = 60


def exports(links: TraceLinks) -> tuple[Export, ...]:
    """What the menu of a trace offers."""
    return (
        Export(
            label="Trace file",
            note="to send to a colleague, who imports it; with SQL and parameters",
            url=links.export(),
        ),
        Export(
            label="Chrome trace",
            note="events in time, for Perfetto and speedscope",
            url=links.chrome(),
        ),
        Export(
            label="JSON report",
            note="hints, groups, queries and plans, for scripts",
            url=links.json(),
        ),
    )


@access.page
@require_safe
def export_json(request: HttpRequest, trace_id: str) -> HttpResponse:
    trace = insight.trace(trace_id)
    if trace is None:
        return no_trace(request)
    return _file(export_trace(trace), trace, "orm-insight")


@access.page
@require_safe
def chrome_json(request: HttpRequest, trace_id: str) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
    events = chrome_trace(report)
    text = json.dumps(events, separators=(",", ":"), allow_nan=False)
    return _file(text.encode(), report.trace, "chrome")


def _file(content: bytes, trace: Trace, kind: str) -> HttpResponse:
    """What a person finds again in a folder: ``GET-posts-20250131-101500.chrome.json``."""
    words = _NOT_IN_NAMES.sub("-", trace.name).strip("-")[:_MAX_NAME].strip("-")
    name = f"{words or 'trace'}-{trace.started_at:%Y%m%d-%H%M%S}.{kind}.json"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/json", headers=headers)
