"""Queries that are the same work: issued by one line, equal but for their values."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.frames import CallSite
from orm_insight.model.provenance import Owner
from orm_insight.model.trace import DroppedQueries, Params, Query
from orm_insight.sql.fingerprint import fingerprint, tables


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
    """The running totals of one group."""

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


# -- reads repeated with the same parameters, nothing written in between --------------------------

_PAGINATOR = "Paginator.count"


def find_repeated_reads(
    queries: tuple[Query, ...], repeats: int, explained: Iterable[int]
) -> tuple[tuple[Query, ...], ...]:
    """Equal reads that no other rule explains, with no write to their tables between them.

    ``explained`` are the indexes of what a better rule is about.
    """
    others = frozenset(explained)
    reads: dict[Any, list[Query]] = {}
    for query in queries:
        is_open = query.index not in others and not query.error
        if is_open and _can_be_kept(query) and _is_read(query.sql):
            reads.setdefault((identity_of(query), chooser_of(query)), []).append(query)
    repeated = [run for run in reads.values() if len(run) > 1]
    if not repeated:
        return ()
    writes: dict[tuple[str, str], list[int]] = {}
    for query in queries:
        if not _is_read(query.sql):
            for table in tables(query.sql):
                writes.setdefault((query.alias, table), []).append(query.index)
    return tuple(
        tuple(run)
        for found in repeated
        for run in _between_writes(found, writes)
        if len(run) >= max(repeats, 2) and any(map(_is_kept_by_application, run))
    )


def is_count(query: Query) -> bool:
    """Return whether the application, or a ``Paginator``, has asked for ``count()``."""
    return origin_of(query) is QueryOrigin.COUNT


def is_of_paginator(query: Query) -> bool:
    """Return whether a ``Paginator`` counts the objects that it divides into pages."""
    return any(frame.function == _PAGINATOR for frame in query.frames)


def chooser_of(query: Query) -> Owner | None:
    """The class of the admin for whose form field the query loads the choices."""
    owner = query.construction.owner if query.construction else None
    return owner if owner is not None and owner.kind == "formfield" else None


def _can_be_kept(query: Query) -> bool:
    return _is_kept_by_application(query) or (query.site is None and is_of_paginator(query))


def _is_kept_by_application(query: Query) -> bool:
    """Return whether the application asks: it cannot keep what a library repeats.

    It cannot keep what ``formfield_for_foreignkey()`` loads either: an editable list makes its form
    twice.
    """
    site = query.site
    if chooser_of(query) is not None:
        return site is None or "formfield_for_" not in site.function
    return site is not None and not site.is_declaration


def _between_writes(
    reads: list[Query], writes: dict[tuple[str, str], list[int]]
) -> Iterable[list[Query]]:
    """The reads cut where one of their tables is written; none where they read no table."""
    touched = [(reads[0].alias, table) for table in tables(reads[0].sql)]
    cuts = sorted(index for table in touched for index in writes.get(table, ()))
    runs: dict[int, list[Query]] = {}
    for read in reads if touched else ():
        runs.setdefault(bisect(cuts, read.index), []).append(read)
    return runs.values()


@lru_cache(maxsize=512)
def _is_read(sql: str) -> bool:
    return sql.lstrip(" (\n")[:6].upper() == "SELECT" and "FOR UPDATE" not in sql
