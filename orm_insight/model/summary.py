"""A trace without its queries: the facts for a list, small enough to read hundreds of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Query, SpanReference, Trace, TraceFacts

_SHARED = tuple(field.name for field in fields(TraceFacts))


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary(TraceFacts):
    """The facts of a ``Trace``, and numbers in place of its queries.

    ``queries`` also counts those over the limit. ``repeats`` are the statements that came again
    over the same stack; the waste of an endpoint is ranked by them before anybody looks.
    """

    queries: int = 0
    query_ms: float = 0.0
    repeats: int = 0
    is_deep: bool = False
    span: SpanReference | None = None


def summary_of(trace: Trace) -> TraceSummary:
    return TraceSummary(
        **{name: getattr(trace, name) for name in _SHARED},
        queries=len(trace.queries) + trace.dropped,
        query_ms=query_ms(trace),
        repeats=_repeats(trace),
        is_deep=trace.is_deep,
        span=trace.span,
    )


def outermost(traces: Sequence[TraceSummary]) -> list[TraceSummary]:
    """Leave out a part of another one of these traces: its queries are counted there."""
    ids = {trace.id for trace in traces}
    return [trace for trace in traces if trace.part_of not in ids]


def query_ms(trace: Trace) -> float:
    """Time in the database, without making a query of each row."""
    kept = trace.queries
    total = kept.total_ms if isinstance(kept, QueryLog) else sum(q.duration_ms for q in kept)
    return total + sum(entry.total_ms for entry in trace.overflow)


def _repeats(trace: Trace) -> int:
    return len(trace.queries) - _distinct(trace.queries) + trace.dropped - len(trace.overflow)


def _distinct(queries: Sequence[Query]) -> int:
    if isinstance(queries, QueryLog):
        return len(set(zip(queries.statement_ids, queries.stack_ids, strict=True)))
    return len({(query.sql, query.frames) for query in queries})
