"""A trace with everything in it, and changes of its stored document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orm_insight
from orm_insight.model.trace import SpanReference, Transaction
from tests.builders import make_frame, make_query, make_trace


def full_trace() -> orm_insight.Trace:
    frames = (make_frame(), make_frame(line=20))
    return make_trace(
        make_query("SELECT %s", params=(1, "a", Decimal("2.5")), frames=frames, rows=3),
        make_query("SELECT %(a)s", params={"a": datetime(2025, 1, 1, tzinfo=UTC)}, error="no"),
        make_query("INSERT", batch_size=7, parent=2**60, in_transaction=True, alias="other"),
        transactions=(
            Transaction(alias="default", started_ms=1.0, duration_ms=2.5, outcome="committed"),
        ),
        span=SpanReference(trace_id="a" * 32, span_id="b" * 16),
        tags={"queue": "fast"},
        host="web-1",
        pid=77,
        follows="another",
        imported_at=datetime(2025, 1, 2, tzinfo=UTC),
        error="ValueError: no",
    )


def places_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places_of(each, (*path, key))


def with_changed_place(document: Any, path: tuple[Any, ...], leaf: Any) -> Any:
    """A copy in which one value, however deep, is another one."""
    copy = json.loads(json.dumps(document))
    parent = copy
    for key in path[:-1]:
        parent = parent[key]
    if not path:
        return leaf
    parent[path[-1]] = leaf
    return copy
