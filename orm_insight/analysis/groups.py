"""Queries that are the same work: issued by one line, equal but for their values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from orm_insight.model.trace import CallSite, DroppedQueries, Params, Query
from orm_insight.sql.fingerprint import fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryGroup:
    """Statements of one call site and fingerprint.

    ``count`` and ``total_ms`` include statements over the limit of the trace, which ``queries``
    does not hold. ``duplicates`` is how many repeat an earlier one with equal parameters.
    """

    site: CallSite | None
    fingerprint: str
    count: int
    total_ms: float
    queries: tuple[Query, ...]
    duplicates: int = 0
    alias: str = "default"

    @property
    def average_ms(self) -> float:
        return self.total_ms / self.count


class _Sum:
    """What is added up for one group."""

    __slots__ = ("count", "queries", "total_ms")

    def __init__(self) -> None:
        self.count = 0
        self.total_ms = 0.0
        self.queries: list[Query] = []

    def add(self, count: int, total_ms: float) -> None:
        self.count += count
        self.total_ms += total_ms


def group_queries(
    queries: Iterable[Query], overflow: Iterable[DroppedQueries] = ()
) -> tuple[QueryGroup, ...]:
    """Group by call site, fingerprint and database; largest total time first."""
    sums: dict[Any, _Sum] = defaultdict(_Sum)
    # Within a trace, queries share their site and their text: hashing these once is enough.
    known: dict[tuple[int, int, str], _Sum] = {}
    for query in queries:
        shared = (id(query.site), id(query.sql), query.alias)
        entry = known.get(shared)
        if entry is None:
            entry = known[shared] = sums[_key(query.site, query.sql, query.alias)]
        entry.add(1, query.duration_ms)
        entry.queries.append(query)
    for dropped in overflow:
        key = _key(dropped.site, dropped.sql, dropped.alias)
        sums[key].add(dropped.count, dropped.total_ms)
    groups = [
        QueryGroup(
            site=site,
            fingerprint=text,
            alias=alias,
            count=entry.count,
            total_ms=entry.total_ms,
            queries=tuple(entry.queries),
            duplicates=count_duplicates(entry.queries),
        )
        for (site, text, alias), entry in sums.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.total_ms))


def _key(site: CallSite | None, sql: str, alias: str) -> tuple[CallSite | None, str, str]:
    return site, fingerprint(sql), alias


def count_duplicates(queries: Iterable[Query]) -> int:
    """How many of the statements repeat an earlier one, parameters included."""
    seen: set[Any] = set()
    repeated = 0
    for query in queries:
        key = identity_of(query)
        repeated += key in seen
        seen.add(key)
    return repeated


def identity_of(query: Query) -> tuple[Any, ...]:
    """Equal for statements with the same text and parameters on the same database."""
    return query.alias, query.sql, query.batch_size, _hashable(query.params)


def _hashable(params: Params) -> Any:
    try:
        hash(params)
    except TypeError:
        return repr(params)
    return params
