"""What the time of a trace went by with: statements, ends of transactions, the application.

Wall-clock time: what ran at the same time counts once here, so that the parts are the whole.
Statements over the limit of a trace are a part of it, but nobody knows when they ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from orm_insight.model.surroundings import Transaction
from orm_insight.model.trace import Query, Trace

Span: TypeAlias = tuple[float, float]
"""From one moment to another, in milliseconds from the start of the trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elapsed:
    """The parts of ``whole_ms``, which is longer than the trace where something ended later.

    ``ending_ms`` is what COMMIT and ROLLBACK took, ``application_ms`` all in which the database
    was not at work: Python, templates, waiting for others. ``busy`` are the times in which a
    statement ran.
    """

    whole_ms: float
    database_ms: float
    ending_ms: float
    application_ms: float
    busy: tuple[Span, ...]


def elapsed(trace: Trace, queries: Sequence[Query]) -> Elapsed:
    """Of a trace, whose ``queries`` are given because a log would make them anew."""
    busy = merged((query.started_ms, query.started_ms + query.duration_ms) for query in queries)
    last = max([busy[-1][1] if busy else 0.0, *map(ended_ms, trace.transactions)])
    whole = max(trace.duration_ms, last)
    endings = merged([*busy, *map(end_of, trace.transactions)])
    unknown = sum(entry.total_ms for entry in trace.overflow)
    database, at_work = length(busy) + unknown, length(endings) + unknown
    return Elapsed(
        whole_ms=max(whole, at_work),
        database_ms=database,
        ending_ms=at_work - database,
        application_ms=max(whole - at_work, 0.0),
        busy=busy,
    )


def ended_ms(transaction: Transaction) -> float:
    return transaction.started_ms + transaction.duration_ms


def end_of(transaction: Transaction) -> Span:
    """When its COMMIT or ROLLBACK ran."""
    return ended_ms(transaction) - transaction.end_ms, ended_ms(transaction)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The times in which at least one of them was, in order; touching ones become one."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = found[-1][0], end
        else:
            found.append((begin, end))
    return tuple(found)


def length(spans: Iterable[Span]) -> float:
    return sum(end - begin for begin, end in spans)
