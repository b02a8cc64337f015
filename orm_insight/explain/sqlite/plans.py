"""SQLite's ``EXPLAIN QUERY PLAN`` as ``Plan``: which tables are scanned, and over which index.

SQLite measures nothing, so there are no times and no rows. No database here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from orm_insight.model.plan import Plan, PlanNode

PREFIX = "EXPLAIN QUERY PLAN "

# "SEARCH book USING COVERING INDEX name (author_id=?)"; before 3.36 "SCAN TABLE book AS b".
_ACCESS = re.compile(
    r"(?P<kind>SCAN|SEARCH) (?:TABLE )?(?P<relation>\S+)(?: AS (?P<alias>\S+))?"
    r"(?: USING (?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?INDEX (?P<index>[^\s(]+))?"
)
_NO_TABLE = frozenset({"CONSTANT", "SUBQUERY"})


def parse_query_plan(rows: Sequence[tuple[int, int, Any, str]]) -> Plan:
    """The plan in the rows ``(id, parent, unused, detail)``."""
    return Plan(root=PlanNode(node_type="QUERY PLAN", children=_children(rows, 0)))


def _children(rows: Sequence[tuple[int, int, Any, str]], parent: int) -> tuple[PlanNode, ...]:
    return tuple(
        _node(detail, {"id": number, "parent": above, "detail": detail}, _children(rows, number))
        for number, above, _, detail in rows
        if above == parent
    )


def _node(detail: str, raw: Mapping[str, Any], children: tuple[PlanNode, ...]) -> PlanNode:
    access = _ACCESS.match(detail)
    if access is None or access["relation"] in _NO_TABLE or access["relation"].isdigit():
        return PlanNode(node_type=detail, raw=raw, children=children)
    return PlanNode(
        node_type=access["kind"],
        relation=access["relation"],
        alias=access["alias"],
        index=access["index"],
        raw=raw,
        children=children,
    )


def render_query_plan(plan: Plan) -> str:
    """The tree as the ``sqlite3`` shell draws it."""
    return "\n".join(["QUERY PLAN", *_lines(plan.root.children, "")])


def _lines(nodes: Sequence[PlanNode], indent: str) -> list[str]:
    lines = []
    for position, node in enumerate(nodes, start=1):
        is_last = position == len(nodes)
        lines.append(f"{indent}{'`--' if is_last else '|--'}{node.raw['detail']}")
        lines += _lines(node.children, indent + ("   " if is_last else "|  "))
    return lines
