"""The use of loaded rows, put together for each line that builds a queryset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.frames import CallSite
from orm_insight.model.provenance import EagerMethod, EagerRelation, ResultSet, ResultUse
from orm_insight.model.trace import Query

_QUESTIONS = {QueryOrigin.LENGTH, QueryOrigin.TRUTH}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltHere:
    """All results whose queryset one line has built, in the order of their evaluation."""

    source: ResultSet
    uses: tuple[ResultUse, ...]
    queries: tuple[Query, ...]

    @property
    def rows(self) -> int:
        return sum(use.source.rows for use in self.uses)


def by_building_line(uses: Iterable[ResultUse], queries: Sequence[Query]) -> tuple[BuiltHere, ...]:
    """The uses together that one line answers for; results without a line are left out."""
    found: dict[tuple[CallSite, str, bool], list[ResultUse]] = {}
    for use in uses:
        if use.source.site is not None:
            key = (use.source.site, use.source.model, use.is_below)
            found.setdefault(key, []).append(use)
    return tuple(
        BuiltHere(
            source=together[0].source,
            uses=tuple(together),
            queries=tuple(queries[use.query] for use in together),
        )
        for together in found.values()
    )


def unused_relations(built: BuiltHere) -> tuple[EagerRelation, ...]:
    """The eager loads of which no row of any result read all.

    A join to a single row is not worth a hint.
    """
    longest: dict[tuple[EagerMethod, str], EagerRelation] = {}
    for use in built.uses:
        for relation in use.relations if use.source.rows else ():
            if built.rows < 2 and relation.method == "select_related":
                continue
            key = (relation.method, relation.lookup)
            known = longest.get(key, relation)
            longest[key] = max(known, relation, key=lambda relation: len(relation.used))
    return tuple(relation for relation in longest.values() if not relation.is_used)


def unread_columns(built: BuiltHere) -> dict[str, int]:
    """Bytes by lookup of the wide columns that no row of any result has read."""
    sizes: dict[str, int] = {}
    columns = [column for use in built.uses for column in use.columns]
    for column in columns:
        sizes[column.lookup] = sizes.get(column.lookup, 0) + column.size
    read = {column.lookup for column in columns if column.is_read}
    return {lookup: size for lookup, size in sizes.items() if lookup not in read}


def evaluated_in_vain(
    uses: Iterable[ResultUse], queries: Sequence[Query], *, counted: bool
) -> tuple[BuiltHere, ...]:
    """Querysets of several rows that one line asked for their length, or else for their truth
    alone, and of which no row was wanted."""
    asked: dict[CallSite, list[ResultUse]] = {}
    for use in uses:
        query = queries[use.query]
        if query.site is not None and not use.is_below and origin_of(query) in _QUESTIONS:
            asked.setdefault(query.site, []).append(use)
    return tuple(
        BuiltHere(
            source=together[0].source,
            uses=tuple(together),
            queries=tuple(queries[use.query] for use in together),
        )
        for together in asked.values()
        if not any(use.is_read or use.is_handed_out for use in together)
        and any(use.is_counted for use in together) is counted
        and any(use.source.rows > 1 for use in together)
    )
