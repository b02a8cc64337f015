"""Plain values with defaults: a test states only what matters to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from orm_insight.model.frames import CallSite, Frame
from orm_insight.model.plan import Finding, Plan, PlanNode
from orm_insight.model.trace import Query, Trace

# Of this day: what is older than a day makes room.
STARTED_AT = datetime.now(UTC).replace(microsecond=0)
_numbers = count(1)


def make_site(file: str = "/app/blog/views.py", line: int = 10, **facts: Any) -> CallSite:
    """A line of the application."""
    return CallSite(**{"file": file, "line": line, "function": "post_list", **facts})


def make_frame(file: str = "/app/blog/views.py", line: int = 10, **facts: Any) -> Frame:
    """A stack entry of the application."""
    defaults = {"file": file, "line": line, "function": "post_list", "is_application": True}
    return Frame(**{**defaults, **facts})


def make_query(sql: str = 'SELECT "id" FROM "blog_post"', **facts: Any) -> Query:
    """A statement that succeeded on SQLite."""
    defaults = {"index": 0, "sql": sql, "vendor": "sqlite", "duration_ms": 1.0}
    return Query(**{**defaults, **facts})


def make_trace(*queries: Query, **facts: Any) -> Trace:
    """A request with these queries, numbered in this order; every trace has an id of its own."""
    defaults = {
        "id": f"trace{next(_numbers)}",
        "kind": "request",
        "name": "GET /posts/",
        "started_at": STARTED_AT,
        "duration_ms": 100.0,
        "status": 200,
        "queries": tuple(replace(query, index=index) for index, query in enumerate(queries)),
        "method": "GET",
        "path": "/posts/",
    }
    return Trace(**{**defaults, **facts})


def make_node(node_type: str = "Seq Scan", *children: PlanNode, **facts: Any) -> PlanNode:
    """A step that ran once; keys of the database's answer are given as ``raw``."""
    total_ms = facts.pop("total_ms", 10.0)
    defaults = {
        "loops": 1.0,
        "rows": 100.0,
        "plan_rows": 100.0,
        "total_ms": total_ms,
        "self_ms": max(0.0, total_ms - sum(child.total_ms or 0.0 for child in children)),
    }
    return PlanNode(node_type=node_type, children=children, **{**defaults, **facts})


def make_plan(root: PlanNode | None = None, **facts: Any) -> Plan:
    """A plan that was measured."""
    root = root or make_node()
    defaults = {"root": root, "planning_ms": 0.2, "execution_ms": root.total_ms}
    return Plan(**{**defaults, **facts})


def make_finding(node: PlanNode, **facts: Any) -> Finding:
    """Something that explains half of the time."""
    defaults = {
        "code": "selective-seq-scan",
        "title": "reads all",
        "message": "All of blog_comment is read.",
        "advice": "An index on post helps.",
        "share": 0.5,
        "ms": 5.0,
    }
    return Finding(node=node, **{**defaults, **facts})
