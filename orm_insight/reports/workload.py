"""The load of many traces on the database: by endpoint, by line of code, by statement.

A trace is looked at once and leaves a few ``Part`` values; everything here is made of these and of
the summaries, so that hundreds of traces are added up without their queries. Pure. Times are
milliseconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from orm_insight.analysis.groups import QueryGroup
from orm_insight.model.summary import TraceSummary
from orm_insight.reports.problems import Spot
from orm_insight.reports.report import Report

MAX_PARTS = 500
"""Limit for one trace: the costliest are kept, the rest is one part without a name."""
_ID_LENGTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The statements of one trace that one line issued and that are equal but for their values.

    ``sql`` is one of them with its placeholders; ``fingerprint`` what all of them have in common,
    empty for what stands together because there was too much. The ids are those of ``Line`` and
    ``Statement``. ``slowest`` is the index of the slowest query, where one was kept.
    """

    line_id: str
    statement_id: str
    site: Spot | None
    is_template: bool
    fingerprint: str
    sql: str
    alias: str
    count: int
    total_ms: float
    slowest_ms: float = 0.0
    slowest: int | None = None


class Measured(NamedTuple):
    """A trace and what it asked for; ``problems`` are the ids of its hints."""

    summary: TraceSummary
    parts: Sequence[Part]
    problems: frozenset[str] = frozenset()


def id_of(*facts: object) -> str:
    """Short, the same in every process, and fit for an address."""
    text = "\n".join(map(str, facts)).encode("utf-8", "surrogatepass")
    return sha256(text).hexdigest()[:_ID_LENGTH]


def parts_of(report: Report) -> tuple[Part, ...]:
    """Largest total time first, in the order of the report's groups."""
    named, rest = report.groups[:MAX_PARTS], report.groups[MAX_PARTS:]
    return (*map(_part, named), *([_rest(rest)] if rest else ()))


def _part(group: QueryGroup) -> Part:
    site = Spot.of(group.site)
    line = site[:2] if site else ("", 0)
    slowest = max(group.queries, key=lambda query: query.duration_ms, default=None)
    return Part(
        line_id=id_of(*line),
        statement_id=id_of(*line, group.fingerprint, group.alias),
        site=site,
        is_template=group.site is not None and group.site.is_template,
        fingerprint=group.fingerprint,
        sql=group.queries[0].sql if group.queries else group.fingerprint,
        alias=group.alias,
        count=group.count,
        total_ms=group.total_ms,
        slowest_ms=slowest.duration_ms if slowest else 0.0,
        slowest=slowest.index if slowest else None,
    )


def _rest(groups: Sequence[QueryGroup]) -> Part:
    return Part(
        line_id=id_of("", 0),
        statement_id="",
        site=None,
        is_template=False,
        fingerprint="",
        sql="",
        alias="",
        count=sum(group.count for group in groups),
        total_ms=sum(group.total_ms for group in groups),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The traces of the same code. ``p50_ms`` and ``p95_ms`` are of their whole durations."""

    id: str
    newest: TraceSummary
    calls: int
    p50_ms: float
    p95_ms: float
    total_ms: float
    query_ms: float
    queries: int
    problems: int
    paths: int

    @property
    def share(self) -> float:
        """The part of the time that was spent in the database, 0 to 1."""
        return min(self.query_ms / self.total_ms, 1.0) if self.total_ms else 0.0

    @property
    def queries_per_call(self) -> float:
        return self.queries / self.calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over ``traces`` traces."""

    count: int
    traces: int
    total_ms: float
    slowest_ms: float

    @property
    def average_ms(self) -> float:
        return self.total_ms / self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of code, and how many different ``statements`` it issues."""

    id: str
    site: Spot | None
    is_template: bool
    statements: int
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement that one line issued again and again, equal but for the values."""

    id: str
    site: Spot | None
    is_template: bool
    fingerprint: str
    sql: str
    alias: str
    totals: Totals


def endpoint_id(summary: TraceSummary) -> str:
    return id_of(summary.endpoint)


def endpoints_of(traces: Iterable[Measured]) -> tuple[Endpoint, ...]:
    """The endpoints of traces that come newest first; largest total time first."""
    gathered: dict[str, list[Measured]] = defaultdict(list)
    for trace in traces:
        gathered[trace.summary.endpoint].append(trace)
    made = (_endpoint([each.summary for each in same], same) for same in gathered.values())
    return tuple(sorted(made, key=lambda endpoint: -endpoint.total_ms))


def _endpoint(summaries: Sequence[TraceSummary], traces: Sequence[Measured]) -> Endpoint:
    durations = sorted(summary.duration_ms for summary in summaries)
    return Endpoint(
        id=endpoint_id(summaries[0]),
        newest=summaries[0],
        calls=len(summaries),
        p50_ms=percentile(durations, 0.5),
        p95_ms=percentile(durations, 0.95),
        total_ms=sum(durations),
        query_ms=sum(summary.query_ms for summary in summaries),
        queries=sum(summary.queries for summary in summaries),
        paths=len({summary.path for summary in summaries}),
        problems=len(frozenset[str]().union(*(trace.problems for trace in traces))),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """By nearest rank: a value that was measured, never one between two."""
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * share // 1)
    return ordered[max(int(rank), 1) - 1]


_Found: TypeAlias = list[tuple[str, Part]]
"""Parts with the id of the trace they are of."""


def lines_of(traces: Iterable[Measured]) -> tuple[Line, ...]:
    """Largest total time first."""
    gathered: dict[str, _Found] = defaultdict(list)
    for trace in traces:
        for part in trace.parts:
            gathered[part.line_id].append((trace.summary.id, part))
    return tuple(sorted(map(_line, gathered.values()), key=lambda line: -line.totals.total_ms))


def _line(found: _Found) -> Line:
    first = found[0][1]
    return Line(
        id=first.line_id,
        site=first.site,
        is_template=first.is_template,
        statements=len({(part.fingerprint, part.alias) for _, part in found}),
        totals=_totals(found),
    )


def statements_of(traces: Iterable[Measured]) -> tuple[Statement, ...]:
    """Largest total time first."""
    gathered: dict[str, _Found] = defaultdict(list)
    for trace in traces:
        for part in trace.parts:
            if part.fingerprint:
                gathered[part.statement_id].append((trace.summary.id, part))
    return tuple(sorted(map(_statement, gathered.values()), key=lambda each: -each.totals.total_ms))


def _statement(found: _Found) -> Statement:
    first = found[0][1]
    return Statement(
        id=first.statement_id,
        site=first.site,
        is_template=first.is_template,
        fingerprint=first.fingerprint,
        sql=first.sql,
        alias=first.alias,
        totals=_totals(found),
    )


def _totals(found: _Found) -> Totals:
    return Totals(
        count=sum(part.count for _, part in found),
        traces=len({trace_id for trace_id, _ in found}),
        total_ms=sum(part.total_ms for _, part in found),
        slowest_ms=max(part.slowest_ms for _, part in found),
    )


# -- load over time, by equal spans of the clock --------------------------------------------------

SPANS = 60
_LENGTHS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The traces that began in one span: how many, their time in the database, and the rest."""

    begins_at: datetime
    traces: int = 0
    query_ms: float = 0.0
    other_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        return self.query_ms + self.other_ms

    def plus(self, trace: TraceSummary) -> Load:
        query_ms = min(trace.query_ms, trace.duration_ms)
        return Load(
            begins_at=self.begins_at,
            traces=self.traces + 1,
            query_ms=self.query_ms + query_ms,
            other_ms=self.other_ms + trace.duration_ms - query_ms,
        )


def load_over_time(traces: Sequence[TraceSummary]) -> tuple[timedelta, tuple[Load, ...]]:
    """The length of a span, and at most ``SPANS`` of them without a gap, oldest first.

    Spans begin at round times, so that a trace that comes later does not move the others.
    """
    if not traces:
        return timedelta(), ()
    first = min(trace.started_at for trace in traces)
    last = max(trace.started_at for trace in traces)
    length = _length((last - first).total_seconds())
    begin = first.timestamp() // length * length
    count = int((last.timestamp() - begin) // length) + 1
    spans = [
        Load(begins_at=datetime.fromtimestamp(begin + number * length, tz=first.tzinfo))
        for number in range(count)
    ]
    for trace in traces:
        number = int((trace.started_at.timestamp() - begin) // length)
        spans[number] = spans[number].plus(trace)
    return timedelta(seconds=length), tuple(spans)


def _length(seconds: float) -> int:
    for length in _LENGTHS_S:
        if seconds / length < SPANS - 1:
            return length
    return int(seconds // (SPANS - 2)) + 1
