"""Plain values with defaults: a test states only what matters to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from orm_insight.model.trace import CallSite, Frame, Query, Trace

STARTED_AT = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
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
