"""JSON of the list of traces, and of one trace with the plans of its queries."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from orm_insight import insight
from orm_insight.dashboard.links import TraceLinks, span_url
from orm_insight.dashboard.responses import fields_of
from orm_insight.dashboard.trace_filters import TraceFilters
from orm_insight.dashboard.traces import entries
from orm_insight.explain.history import KeptExplanation
from orm_insight.explain.serialization import explanation_to_dict
from orm_insight.model.trace import SpanReference
from orm_insight.reports.report import Report
from orm_insight.stores.base import KeptFor
from orm_insight.ui.traces import Entry


def list_json(asked: TraceFilters) -> dict[str, Any]:
    traces = [summary_json(each) for each in entries(insight.listed(), asked)]
    return {"version": 1, "problem": insight.store().problem, "traces": traces}


def summary_json(entry: Entry) -> dict[str, Any]:
    found = entry.summary
    return {
        **fields_of(found, "id", "kind", "name", "method", "path", "view", "status"),
        "deep": found.is_deep,
        "started_at": found.started_at.isoformat(),
        **fields_of(found, "duration_ms", "queries", "query_ms", "dropped", "error"),
        "share": entry.share,
        "hints": None if entry.digest is None else entry.digest.count,
        **fields_of(found, "host", "pid", "follows", "part_of"),
        "imported": found.is_imported,
        **_kept(entry.kept_for),
        "url": TraceLinks(found.id).json(),
    }


def _kept(reasons: Collection[KeptFor]) -> dict[str, Any]:
    return {"kept_for": sorted(reasons), "pinned": "pinned" in reasons}


def trace_json(report: Report) -> dict[str, Any]:
    """The report with the plans of its queries and the problem of the store."""
    made = report.to_dict()
    trace, listed = report.trace, {each.summary.id: each for each in insight.listed()}
    made["trace"] |= {
        "span": _span(trace.span),
        **fields_of(trace, "host", "pid", "follows", "part_of"),
        "imported": trace.is_imported,
        **_kept(listed[trace.id].kept_for if trace.id in listed else ()),
    }
    for index, kept in insight.plans_of(report.trace.id).items():
        made["queries"][index]["plan"] = _plan(kept)
    made["problem"] = insight.store().problem
    return made


def _span(span: SpanReference | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"trace_id": span.trace_id, "span_id": span.span_id, "url": span_url(span)}


def _plan(kept: KeptExplanation) -> dict[str, Any]:
    """A plan. ``origin`` stays for programs that know plans of older versions."""
    return {"at": kept.at.isoformat(), "origin": "asked", **explanation_to_dict(kept.explanation)}
