"""Plans written by hand, as PostgreSQL would print them."""

from __future__ import annotations

from typing import Any

from orm_insight.explain.postgresql import parse_plan
from orm_insight.model.plan import Plan

SELECTIVE = {"Actual_Rows": 100, "Rows_Removed_by_Filter": 49_900, "Filter": "(c.post_id = 7)"}
INNER = {"Parent_Relationship": "Inner"}


def node(node_type: str, total: float, *children: dict[str, Any], **raw: Any) -> dict[str, Any]:
    """``total`` is what PostgreSQL prints: the average of one loop. ``_`` in a key is a space."""
    defaults = {"Parent Relationship": "Outer", "Actual Loops": 1, "Actual Rows": 1}
    timing = {"Node Type": node_type, "Actual Total Time": total, "Plans": list(children)}
    return {**defaults, **timing, **{key.replace("_", " "): value for key, value in raw.items()}}


def scan(total: float, node_type: str = "Seq Scan", **raw: Any) -> dict[str, Any]:
    """A scan of ``blog_comment``, of which everything is expected as it is."""
    table = {"Relation_Name": "blog_comment", "Schema": "public", "Alias": "c"}
    rows = {"Actual_Rows": 10, "Plan_Rows": raw.get("Actual_Rows", 10)}
    return node(node_type, total, **{**table, **rows, **raw})


def parse(root: dict[str, Any], **document: Any) -> Plan:
    """The plan below ``root``; it takes as long as its root unless told otherwise."""
    whole = {"Execution Time": root.get("Actual Total Time")}
    given = {key.replace("_", " "): value for key, value in document.items()}
    return parse_plan([{"Plan": root, **whole, **given}])


def codes(plan: Plan) -> list[str]:
    return [finding.code for finding in plan.findings]


def loop(inner: dict[str, Any], total: float = 100.0, **raw: Any) -> dict[str, Any]:
    """A nested loop over ten rows."""
    return node("Nested Loop", total, scan(1.0), {**inner, "Parent Relationship": "Inner"}, **raw)
