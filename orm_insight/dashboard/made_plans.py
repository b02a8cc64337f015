"""Plans that are there already when a page is opened, asked for earlier or made without asking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orm_insight import insight
from orm_insight.analysis.report import Report
from orm_insight.explain.base import Explanation
from orm_insight.explanations import KeptExplanation
from orm_insight.model.trace import Query
from orm_insight.ui.format import clock

_WORDS = {"asked": "Explained at", "slow": "Explained without asking at"}


def made_plan(trace_id: str, query: Query) -> Explanation | None:
    """The newest plan of the query, saying when it was made."""
    kept = insight.plan_of(trace_id, query.index)
    if kept is None:
        return None
    when = f"{_WORDS[kept.origin]} {clock(kept.at)}."
    return replace(kept.explanation, notice=" ".join(filter(None, [when, kept.explanation.notice])))


def trace_json(report: Report) -> dict[str, Any]:
    """The report with ``plan`` at each query that has one."""
    made = report.to_dict()
    for index, kept in insight.plans_of(report.trace.id).items():
        made["queries"][index]["plan"] = _plan(kept)
    return made


def _plan(kept: KeptExplanation) -> dict[str, Any]:
    return {"at": kept.at.isoformat(), "origin": kept.origin, **kept.explanation.to_dict()}
