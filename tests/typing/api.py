"""The public API, used as a user would; ``assert_type`` holds what the type checker must see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_type

import orm_insight
from orm_insight import CallSite, Hint, Plan, PlanNode, Query, QueryGroup, Report, Saving, Severity
from orm_insight.explain.postgresql import parse_plan
from orm_insight.reports.silence import IgnoreComment, SilencedHint


def block() -> Report:
    with orm_insight.capture("nightly import") as trace:
        assert_type(trace.queries, Sequence[Query])
    assert_type(trace.id, str)
    assert_type(trace.duration_ms, float)
    assert_type(trace.status, int | None)
    assert_type(trace.dropped, int)
    return trace.report()


async def asynchronous_block() -> Report:
    async with orm_insight.capture() as trace:
        pass
    return trace.report()


@orm_insight.capture("import of one file")
def decorated(path: str, *, limit: int = 10) -> list[str]:
    return [path] * limit


@orm_insight.capture()
async def decorated_coroutine(path: str) -> int:
    return len(path)


async def call_decorated() -> None:
    """Decorating keeps the types of parameters and result."""
    assert_type(decorated("a.csv", limit=2), list[str])
    assert_type(await decorated_coroutine("a.csv"), int)
    decorated(1)  # type: ignore[arg-type]


def read_report(report: Report) -> None:
    assert_type(report.queries, tuple[Query, ...])
    assert_type(report.groups, tuple[QueryGroup, ...])
    assert_type(report.hints, tuple[Hint, ...])
    assert_type(report.silenced, tuple[SilencedHint, ...])
    assert_type(report.unused_ignores, tuple[IgnoreComment, ...])
    assert_type(report.to_dict(), dict[str, Any])


def read_query(query: Query) -> None:
    assert_type(query.index, int)
    assert_type(query.sql, str)
    assert_type(query.rows, int | None)
    assert_type(query.error, str | None)
    assert_type(query.in_transaction, bool)
    assert_type(query.site, CallSite | None)
    query.sql = "SELECT 1"  # type: ignore[misc]


def read_hint(hint: Hint) -> None:
    assert_type(hint.code, str)
    assert_type(hint.severity, Severity)
    assert_type(hint.model, str | None)
    assert_type(hint.lookup, str | None)
    assert_type(hint.fix, str)
    assert_type(hint.origin, CallSite | None)
    assert_type(hint.queries, tuple[Query, ...])
    assert_type(hint.saving, Saving)
    assert_type(hint.saving.ms, float)


def read_plan(payload: str) -> list[PlanNode]:
    plan = parse_plan(payload)
    assert_type(plan, Plan)
    return [node for node in plan.nodes() if node.executed]
