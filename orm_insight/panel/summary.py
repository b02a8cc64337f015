"""The summary of a trace that the toolbar stores, and shows before the panel is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orm_insight import insight
from orm_insight.model.trace import Trace
from orm_insight.panel.guard import guarded
from orm_insight.reports.report import Report
from orm_insight.ui.format import counted, duration, queries


def no_trace(left_out: str | None) -> dict[str, Any]:
    """The summary of a request without a trace, with the reason if it is known."""
    return {"trace_id": None} if left_out is None else {"trace_id": None, "left_out": left_out}


def summarise(trace: Trace) -> dict[str, Any]:
    """The summary as JSON values, small however many queries there are."""
    report = insight.report_of(trace)
    return {
        "trace_id": trace.id,
        "queries": report.query_count,
        "query_ms": report.query_ms,
        **(_findings(report) or {"lines": 0, "hints": 0}),
    }


@guarded("analyse a trace for the toolbar")
def _findings(report: Report) -> dict[str, int]:
    lines = {group.site for group in report.groups}
    return {"lines": len(lines), "hints": len(report.hints)}


def headline(stats: Mapping[str, Any]) -> str:
    """``21 queries · 1 hint``; without a hint the time in the database instead."""
    if not stats.get("trace_id"):
        return "not recorded"
    if not stats["queries"]:
        return "no queries"
    rest = counted(stats["hints"], "hint") if stats["hints"] else duration(stats["query_ms"])
    return f"{queries(stats['queries'])} · {rest}"


def title(stats: Mapping[str, Any]) -> str:
    """``21 queries from 2 lines of code``."""
    if not stats.get("trace_id"):
        return "Queries by line of code"
    if not stats["queries"]:
        return "No queries"
    lines = counted(stats["lines"], "line")
    return f"{queries(stats['queries'])} from {lines} of code"
