"""Reads that are asked again with the same parameters, though nothing has changed in between."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from orm_insight.analysis.groups import identity_of
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.owner import Owner
from orm_insight.model.trace import Query
from orm_insight.sql.fingerprint import tables

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
    """Whether the application, or a ``Paginator``, has asked for ``count()``."""
    return origin_of(query) is QueryOrigin.COUNT


def is_of_paginator(query: Query) -> bool:
    """Whether a ``Paginator`` counts the objects that it divides into pages."""
    return any(frame.function == _PAGINATOR for frame in query.frames)


def chooser_of(query: Query) -> Owner | None:
    """The class of the admin for whose form field the query loads the choices."""
    owner = query.construction.owner if query.construction else None
    return owner if owner is not None and owner.kind == "formfield" else None


def _can_be_kept(query: Query) -> bool:
    return _is_kept_by_application(query) or (query.site is None and is_of_paginator(query))


def _is_kept_by_application(query: Query) -> bool:
    """Whether it is the application that asks; what a library repeats is not for it to keep.

    Nor is what ``formfield_for_foreignkey()`` loads: an editable list makes its form twice.
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
