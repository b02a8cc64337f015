"""The JSON of the list, and of a trace with the plans that were made of its queries."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from orm_insight import insight
from orm_insight.dashboard.links import TraceLinks, span_url
from orm_insight.dashboard.trace_filters import Asked
from orm_insight.dashboard.traces import entries
from orm_insight.explain.history import KeptExplanation
from orm_insight.explain.serialization import explanation_to_dict
from orm_insight.model.trace import SpanReference
from orm_insight.reports.report import Report
from orm_insight.stores.base import KeptFor
from orm_insight.ui.traces import Entry


def list_json(asked: Asked) -> dict[str, Any]:
    traces = [summary_json(each) for each in entries(insight.listed(), asked)]
    return {"version": 1, "problem": insight.store().problem, "traces": traces}


def summary_json(entry: Entry) -> dict[str, Any]:
    found = entry.summary
    return {
        "id": found.id,
        "kind": found.kind,
        "deep": found.is_deep,
        "name": found.name,
        "method": found.method,
        "path": found.path,
        "view": found.view,
        "status": found.status,
        "started_at": found.started_at.isoformat(),
        "duration_ms": found.duration_ms,
        "queries": found.queries,
        "query_ms": found.query_ms,
        "share": entry.share,
        "dropped": found.dropped,
        "error": found.error,
        "hints": None if entry.digest is None else entry.digest.count,
        "host": found.host,
        "pid": found.pid,
        "follows": found.follows,
        "part_of": found.part_of,
        "imported": found.is_imported,
        **_kept(entry.kept_for),
        "url": TraceLinks(found.id).json(),
    }


def _kept(reasons: Collection[KeptFor]) -> dict[str, Any]:
    return {"kept_for": sorted(reasons), "pinned": "pinned" in reasons}


def trace_json(report: Report) -> dict[str, Any]:
    """The report with ``plan`` at each query that has one, and what is wrong with the store."""
    made = report.to_dict()
    trace, listed = report.trace, {each.summary.id: each for each in insight.listed()}
    made["trace"]["span"] = _span(trace.span)
    made["trace"] |= {"host": trace.host, "pid": trace.pid, "follows": trace.follows}
    made["trace"]["part_of"] = trace.part_of
    made["trace"]["imported"] = trace.is_imported
    made["trace"] |= _kept(listed[trace.id].kept_for if trace.id in listed else ())
    for index, kept in insight.plans_of(report.trace.id).items():
        made["queries"][index]["plan"] = _plan(kept)
    made["problem"] = insight.store().problem
    return made


def _span(span: SpanReference | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"trace_id": span.trace_id, "span_id": span.span_id, "url": span_url(span)}


def _plan(kept: KeptExplanation) -> dict[str, Any]:
    """One plan; ``origin`` is for programs that know of plans made without a click."""
    return {
        "at": kept.at.isoformat(),
        "origin": "asked",
        **explanation_to_dict(kept.explanation),
    }
