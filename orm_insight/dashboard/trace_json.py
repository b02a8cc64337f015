"""The JSON of a trace, with the plans that were made of its queries."""

from __future__ import annotations

from typing import Any

from orm_insight import insight
from orm_insight.analysis.report import Report
from orm_insight.explanations import KeptExplanation


def trace_json(report: Report) -> dict[str, Any]:
    """The report with ``plan`` at each query that has one."""
    made = report.to_dict()
    for index, kept in insight.plans_of(report.trace.id).items():
        made["queries"][index]["plan"] = _plan(kept)
    return made


def _plan(kept: KeptExplanation) -> dict[str, Any]:
    return {"at": kept.at.isoformat(), "origin": kept.origin, **kept.explanation.to_dict()}
