"""A trace as a file: for a colleague, and for tools that draw events in time."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import ClassVar
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from orm_insight import insight
from orm_insight.dashboard import access
from orm_insight.dashboard.links import TraceLinks, address
from orm_insight.dashboard.responses import (
    HEADERS,
    answer,
    answer_json,
    gone,
    no_trace,
    see,
    shell_of,
    wants_json,
)
from orm_insight.model.trace import Trace
from orm_insight.reports.chrome_trace import chrome_trace
from orm_insight.stores.codec import UnreadableTraceError, encode
from orm_insight.stores.documents import MAX_DOCUMENT_BYTES, from_document, to_document, too_large
from orm_insight.ui.components import Export
from orm_insight.ui.pages import Shell

_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z]+")
_MAX_NAME = 60


def exports(links: TraceLinks) -> tuple[Export, ...]:
    """What the menu of a trace offers."""
    return (
        Export(
            label="Trace file",
            note="for a colleague to import; contains SQL and parameters",
            url=links.export(),
        ),
        Export(
            label="Chrome trace",
            note="a timeline for Perfetto and speedscope",
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


# The page "Import": takes the trace file of a colleague, from a form or from a script.

_JSON = "application/json"


@access.page
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """A script sends the document itself as JSON; it is led to the trace as a browser is."""
    if request.method != "POST":
        return answer(_page(request))
    try:
        trace = import_trace(_sent(request))
    except ImportRefusedError as error:
        if wants_json(request) or request.content_type == _JSON:
            return answer_json({"error": str(error)}, status=400)
        return answer(_page(request, str(error)), status=400)
    return see(TraceLinks(trace.id).trace())


def _sent(request: HttpRequest) -> bytes:
    """Never more than a document may have: what is longer is not even read."""
    if request.content_type == _JSON:
        return _within_limit(request.read(MAX_DOCUMENT_BYTES + 1))
    upload = request.FILES.get("file")
    if upload is None:
        raise ImportRefusedError("No file was chosen.")
    if upload.size is not None and upload.size > MAX_DOCUMENT_BYTES:
        raise ImportRefusedError(too_large(upload.size))
    return _within_limit(upload.read(MAX_DOCUMENT_BYTES + 1))


def _within_limit(data: bytes) -> bytes:
    if not data:
        raise ImportRefusedError("The file is empty.")
    if len(data) > MAX_DOCUMENT_BYTES:
        raise ImportRefusedError(too_large(len(data)))
    return data


def _page(request: HttpRequest, error: str = "") -> ImportPage:
    return ImportPage(
        shell=shell_of(request),
        url=address("import"),
        error=error,
        most=f"{MAX_DOCUMENT_BYTES // 2**20} MiB",
    )


# Plans that were made before, by address.


@access.page
@require_safe
def plan_json(request: HttpRequest, trace_id: str, index: int) -> HttpResponse:
    """The newest plan of a query as the database gave it, for other tools that read plans."""
    kept = insight.plan_of(trace_id, index)
    if kept is None:
        return gone(
            request,
            "No plan",
            "There is no plan for this query, or it is no longer kept: run EXPLAIN.",
        )
    text = json.dumps(kept.explanation.payload, indent=1, ensure_ascii=True, default=str)
    return HttpResponse(text, content_type="application/json", headers=HEADERS)


# Traces that people send to each other: out as a file, and in as a trace that is marked.
#
# An imported trace is text from somewhere else. It is kept and shown like the others, and nothing
# in it is ever run or opened here.

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class ImportRefusedError(ValueError):
    """Nothing was kept; the message says why, for whoever has sent the file."""


def export_trace(trace: Trace) -> bytes:
    """A versioned JSON document from which the same trace can be made."""
    return to_document(trace)


def import_trace(data: bytes) -> Trace:
    """Keep the trace of a document, under its own id where that is free.

    A file that is imported twice gives one trace.
    """
    try:
        trace = replace(from_document(data), imported_at=datetime.now(UTC))
    except UnreadableTraceError as error:
        raise ImportRefusedError(str(error)) from error
    _check_analysis(trace)
    for id in (trace.id, sha256(data).hexdigest()[:32], uuid4().hex):
        known = insight.trace(id)
        if known is not None and _is_same(known, trace):
            return known
        # What remembers a plan of another trace would show it as one of this trace.
        if known is None and _ID.fullmatch(id) and not insight.plans_of(id):
            trace = replace(trace, id=id)
            break
    insight.keep(trace)
    if insight.trace(trace.id) is None:
        raise ImportRefusedError("The trace is larger than MAX_BYTES allows.")
    return trace


def _is_same(known: Trace, trace: Trace) -> bool:
    """But for the id, and for when it was imported."""
    return known.is_imported and encode(known) == encode(
        replace(trace, id=known.id, imported_at=known.imported_at)
    )


def _check_analysis(trace: Trace) -> None:
    """What cannot be understood is not let in: each page would fail on it."""
    try:
        insight.report_of(trace).to_dict()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"[:200]
        raise ImportRefusedError(
            f"The trace file is damaged: it cannot be analysed, {what}."
        ) from error


# The page on which a trace that somebody has sent is imported.


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """``error`` says why the file that was sent is none; ``most`` how large one may be."""

    template: ClassVar[str] = "pages/import.jinja"
    shell: Shell
    url: str
    error: str
    most: str
