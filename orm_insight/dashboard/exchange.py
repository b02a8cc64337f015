"""Traces as files: exports for colleagues and other tools, and the import of a trace."""

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
    of_report,
    see,
    shell_of,
    wants_json,
)
from orm_insight.model.trace import Trace
from orm_insight.reports.chrome_trace import chrome_trace
from orm_insight.reports.report import Report
from orm_insight.stores.codec import UnreadableTraceError, encode
from orm_insight.stores.documents import MAX_DOCUMENT_BYTES, from_document, to_document, too_large
from orm_insight.ui.components import Export
from orm_insight.ui.pages import Shell

_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z]+")
_MAX_NAME = 60


def exports(links: TraceLinks) -> tuple[Export, ...]:
    """The entries of a trace's export menu."""
    entries = (
        ("Trace file", "for a colleague to import; contains SQL and parameters", links.export()),
        ("Chrome trace", "a timeline for Perfetto and speedscope", links.chrome()),
        ("JSON report", "hints, groups, queries and plans, for scripts", links.json()),
    )
    return tuple(Export(label=label, note=note, url=url) for label, note, url in entries)


@access.page
@require_safe
def export_json(request: HttpRequest, trace_id: str) -> HttpResponse:
    trace = insight.trace(trace_id)
    if trace is None:
        return no_trace(request)
    return _file(to_document(trace), trace, "orm-insight")


@access.page
@require_safe
@of_report
def chrome_json(request: HttpRequest, report: Report) -> HttpResponse:
    text = json.dumps(chrome_trace(report), separators=(",", ":"), allow_nan=False)
    return _file(text.encode(), report.trace, "chrome")


def _file(content: bytes, trace: Trace, kind: str) -> HttpResponse:
    """A download with a readable name, such as ``GET-posts-20250131-101500.chrome.json``."""
    words = _NOT_IN_NAMES.sub("-", trace.name).strip("-")[:_MAX_NAME].strip("-")
    name = f"{words or 'trace'}-{trace.started_at:%Y%m%d-%H%M%S}.{kind}.json"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/json", headers=headers)


# The page "Import".

_JSON = "application/json"


@access.page
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Import a trace file from a form, or from a script that sends it as JSON."""
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
    """The uploaded document. No more than the limit is read."""
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


@access.page
@require_safe
def plan_json(request: HttpRequest, trace_id: str, index: int) -> HttpResponse:
    """The newest plan of a query as the database returned it, for other tools."""
    kept = insight.plan_of(trace_id, index)
    if kept is None:
        why = "There is no plan for this query, or it is no longer kept: run EXPLAIN."
        return gone(request, "No plan", why)
    text = json.dumps(kept.explanation.payload, indent=1, ensure_ascii=True, default=str)
    return HttpResponse(text, content_type="application/json", headers=HEADERS)


# An imported trace is untrusted. It is stored and shown like the others, but its SQL is never run
# and its files are never opened.

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class ImportRefusedError(ValueError):
    """The file was not imported; the message says why."""


def import_trace(data: bytes) -> Trace:
    """Store the trace of a document, under its own id if that is free.

    Importing a file twice gives one trace.
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
        # Stored plans of another trace with this id would show up as plans of this one.
        if known is None and _ID.fullmatch(id) and not insight.plans_of(id):
            trace = replace(trace, id=id)
            break
    insight.keep(trace)
    if insight.trace(trace.id) is None:
        raise ImportRefusedError("The trace is larger than MAX_BYTES allows.")
    return trace


def _is_same(known: Trace, trace: Trace) -> bool:
    """Return whether the traces differ only in id and time of import."""
    return known.is_imported and encode(known) == encode(
        replace(trace, id=known.id, imported_at=known.imported_at)
    )


def _check_analysis(trace: Trace) -> None:
    """Refuse a trace that cannot be analysed, because each page would fail on it."""
    try:
        insight.report_of(trace).to_dict()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"[:200]
        raise ImportRefusedError(
            f"The trace file is damaged: it cannot be analysed, {what}."
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """``error`` says why the file was refused; ``most`` is the size limit."""

    template: ClassVar[str] = "pages/import.jinja"
    shell: Shell
    url: str
    error: str
    most: str
