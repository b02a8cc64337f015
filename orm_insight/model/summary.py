"""A trace without its queries: what a list needs, small enough to read hundreds of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Query, SpanReference, Trace, TraceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary:
    """The fields of a ``Trace``, and of its queries only numbers.

    ``queries`` counts those over the limit as well; ``repeats`` are the statements that came again
    over the same stack, which is what the waste of an endpoint is ranked by before anybody looks.
    """

    id: str
    kind: TraceKind
    name: str
    started_at: datetime
    duration_ms: float
    status: int | None = None
    queries: int = 0
    query_ms: float = 0.0
    repeats: int = 0
    dropped: int = 0
    method: str | None = None
    path: str | None = None
    view: str | None = None
    url_name: str | None = None
    error: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    is_deep: bool = False
    host: str = ""
    pid: int = 0
    span: SpanReference | None = None
    follows: str | None = None
    part_of: str | None = None
    imported_at: datetime | None = None

    @property
    def is_imported(self) -> bool:
        return self.imported_at is not None

    @property
    def endpoint(self) -> str:
        return endpoint_of(self)


def endpoint_of(trace: Trace | TraceSummary) -> str:
    """What traces of the same code have in common: the URL's name, or what they are called."""
    route = trace.url_name or trace.view or trace.path or trace.name
    return f"{trace.kind} {trace.method or ''} {route}"


def summary_of(trace: Trace) -> TraceSummary:
    return TraceSummary(
        id=trace.id,
        kind=trace.kind,
        name=trace.name,
        started_at=trace.started_at,
        duration_ms=trace.duration_ms,
        status=trace.status,
        queries=len(trace.queries) + trace.dropped,
        query_ms=query_ms(trace),
        repeats=_repeats(trace),
        dropped=trace.dropped,
        method=trace.method,
        path=trace.path,
        view=trace.view,
        url_name=trace.url_name,
        error=trace.error,
        tags=trace.tags,
        is_deep=trace.is_deep,
        host=trace.host,
        pid=trace.pid,
        span=trace.span,
        follows=trace.follows,
        part_of=trace.part_of,
        imported_at=trace.imported_at,
    )


def outermost(traces: Sequence[TraceSummary]) -> list[TraceSummary]:
    """Without those that are a part of another one among them: their queries are counted there."""
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
