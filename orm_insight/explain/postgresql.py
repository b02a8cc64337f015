"""PostgreSQL's JSON plans (14 to 19, also from ``auto_explain``) as ``Plan``. No database here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orm_insight.explain.accounting import Step, measure, number
from orm_insight.explain.base import NoPlan
from orm_insight.model.plan import Plan, PlanNode


def explain_prefix(*, analyze: bool) -> str:
    """What stands before the statement.

    VERBOSE tells where a subquery's result is used, without which its time cannot be placed.
    Every option exists since PostgreSQL 13.
    """
    options = ["FORMAT JSON", "VERBOSE", "BUFFERS", "SETTINGS"]
    return f"EXPLAIN ({', '.join(['ANALYZE', *options] if analyze else options)}) "


def parse_plan(payload: Any) -> Plan:
    """The plan in what ``EXPLAIN (FORMAT JSON)`` returned, as text or decoded.

    Of several plans, which a rewrite rule makes of one statement, the first that is one. Raises
    ``NoPlan``, a ``ValueError``, where there is none.
    """
    document = _find_document(_decode(payload))
    triggers = document.get("Triggers")
    return Plan(
        root=_node(measure(document["Plan"])),
        planning_ms=number(document, "Planning Time"),
        execution_ms=number(document, "Execution Time"),
        triggers=tuple(triggers) if isinstance(triggers, list) else (),
        raw={key: value for key, value in document.items() if key not in {"Plan", "Triggers"}},
    )


def _decode(payload: Any) -> Any:
    if not isinstance(payload, str | bytes | bytearray):
        return payload
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise NoPlan(f"This is not the JSON of an execution plan: {error}") from error


def _find_document(payload: Any) -> Mapping[str, Any]:
    for document in payload if isinstance(payload, list) else [payload]:
        if isinstance(document, Mapping) and isinstance(document.get("Plan"), Mapping):
            return document
    raise NoPlan("PostgreSQL has no plan for this statement.")


def _node(step: Step) -> PlanNode:
    raw, rows, total_ms = step.raw, number(step.raw, "Actual Rows"), step.total_ms
    return PlanNode(
        node_type=step.node_type,
        relation=raw.get("Relation Name"),
        index=raw.get("Index Name"),
        loops=step.loops,
        rows=rows * step.loops if rows is not None and step.loops is not None else None,
        plan_rows=number(raw, "Plan Rows"),
        total_ms=total_ms,
        self_ms=step.self_ms if total_ms is not None else None,
        executed=step.loops != 0,
        children=tuple(_node(child) for child in step.children),
        raw={key: value for key, value in raw.items() if key != "Plans"},
    )
