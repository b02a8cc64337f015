"""Statements that one and the same stack repeats with other parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from orm_insight.analysis.groups import QueryGroup, identity_of
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.analysis.related_queries import conditions_code
from orm_insight.model.fix import Keyword
from orm_insight.model.frames import CallSite
from orm_insight.model.provenance import Condition
from orm_insight.model.schema import ModelFacts, RelatedSet, Schema
from orm_insight.model.trace import Query
from orm_insight.sql.placeholders import columns_of_placeholders

# These come in batches by design, or are Django's own bookkeeping.
_BATCHED = {
    QueryOrigin.PREFETCH,
    QueryOrigin.BULK_CREATE,
    QueryOrigin.BULK_UPDATE,
    QueryOrigin.SAVEPOINT,
}
# Kept for the life of the process once they were found.
_KEPT = {
    "ContentTypeManager.get_for_model",
    "ContentTypeManager.get_for_id",
    "ContentTypeManager.get_by_natural_key",
    "SiteManager.get_current",
}
_LIST = re.compile(r"\bIN\s*\(\s*%s\s*,\s*%s", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """``varying`` are the positions of the parameters that differ, where there are positions."""

    fingerprint: str
    origin: QueryOrigin
    queries: tuple[Query, ...]
    varying: tuple[int, ...]


def find_loops(
    groups: Iterable[QueryGroup], repeats: int, *, explained: Set[int] = frozenset()
) -> tuple[Loop, ...]:
    """The same fingerprint from the same stack, with other parameters: somebody loops.

    Two callers of one helper are two stacks; a list in ``IN (...)`` is a batch already. Queries
    whose index is ``explained`` by a better rule are left out.
    """
    loops = [
        Loop(
            fingerprint=group.fingerprint,
            origin=origin_of(repeated[0]),
            queries=tuple(repeated),
            varying=_varying(repeated),
        )
        for group in groups
        if _is_line(group.site) and len(group.queries) >= repeats
        for repeated in _by_stack(query for query in group.queries if query.index not in explained)
        if len({identity_of(query) for query in repeated}) >= repeats
        and origin_of(repeated[0]) not in _BATCHED
        and not any(frame.function in _KEPT for frame in repeated[0].frames)
    ]
    return tuple(sorted(loops, key=lambda loop: loop.queries[0].index))


def _is_line(site: CallSite | None) -> bool:
    """Return whether code stands there; a declaration has none, the library loops over it."""
    return site is not None and not site.is_declaration


def _by_stack(queries: Iterable[Query]) -> Iterable[list[Query]]:
    found: dict[int, list[Query]] = {}
    for query in queries:
        if query.batch_size is None and not _is_batch(query):
            found.setdefault(id(query.frames), []).append(query)
    return found.values()


def _is_batch(query: Query) -> bool:
    if _LIST.search(query.sql):
        return True
    params = query.params if isinstance(query.params, tuple) else ()
    return any(isinstance(value, list) and len(value) > 1 for value in params)


def _varying(queries: list[Query]) -> tuple[int, ...]:
    rows = [_positional(query.params) for query in queries]
    if any(len(row) != len(rows[0]) for row in rows):
        return ()
    return tuple(i for i, column in enumerate(zip(*rows, strict=True)) if not _all_equal(column))


def _positional(params: Any) -> tuple[Any, ...]:
    if params is None:
        return ()
    return tuple(params.values()) if isinstance(params, Mapping) else params


def _all_equal(values: tuple[Any, ...]) -> bool:
    return all(value == values[0] for value in values[1:])


# -- single objects looked up in a loop -----------------------------------------------------------

_SINGLE = {QueryOrigin.GET, QueryOrigin.FIRST, QueryOrigin.EXISTS}
_IS = r'["`]\w+["`]\.["`]\w+["`] = %s'
_WHERE = re.compile(rf" WHERE (?:{_IS}|\({_IS}(?: AND {_IS})+\))(?: ORDER BY .*)? LIMIT \d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """``field`` of the model is compared with another value each time.

    ``constants`` are the other conditions as code, ``None`` where they cannot be told.
    """

    facts: ModelFacts
    field: str
    constants: tuple[Keyword, ...] | None

    @property
    def is_key(self) -> bool:
        return self.field == self.facts.pk

    @property
    def is_unique(self) -> bool:
        return self.is_key or self.field in self.facts.unique


def varied_field(loop: Loop, schema: Schema) -> tuple[ModelFacts, str, str] | None:
    """The model, the one field whose value differs, and its column; only if it is compared by
    equality, and not with the objects of one instance."""
    query = loop.queries[0]
    if query.construction is None or query.construction.load is not None or len(loop.varying) != 1:
        return None
    facts = schema.models.get(query.construction.model or "")
    columns = columns_of_placeholders(query.sql)
    position = loop.varying[0]
    column = columns[position] if position < len(columns) else None
    if facts is None or column is None or column not in facts.columns:
        return None
    if re.search(rf'["`]{re.escape(facts.table)}["`]\.["`]{re.escape(column)}["`] = %s', query.sql):
        return facts, facts.columns[column], column
    return None


def single_lookup(loop: Loop, schema: Schema) -> Lookup | None:
    """The lookup, if the loop calls ``get()``, ``first()`` or ``exists()`` for each value."""
    if loop.origin not in _SINGLE or (found := varied_field(loop, schema)) is None:
        return None
    facts, field, column = found
    if loop.origin is QueryOrigin.EXISTS and field != column:
        return None  # a foreign key: its parents ask whether they have such objects
    return Lookup(facts=facts, field=field, constants=_constants(loop, facts, column))


def _constants(loop: Loop, facts: ModelFacts, varied: str) -> tuple[Keyword, ...] | None:
    sql = loop.queries[0].sql
    if " AND " not in sql and " OR " not in sql and " JOIN " not in sql:
        return ()
    if _WHERE.search(sql) is None or " JOIN " in sql:
        return None
    columns = [column for column in columns_of_placeholders(sql) if column is not None]
    others = [column for column in columns if column != varied]
    if len({*columns}) < len(columns) or any(column not in facts.columns for column in others):
        return None
    conditions = tuple(Condition(lookup=facts.columns[c], column=c, count=1) for c in others)
    return conditions_code(conditions, loop.queries)


# -- foreign keys followed backwards, one object at a time ----------------------------------------

_MULTI_ROW = {QueryOrigin.ITERATION, QueryOrigin.LENGTH, QueryOrigin.TRUTH, QueryOrigin.ITERATOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class ByParent:
    """``Review.objects.filter(book=...)`` repeated: ``field`` is ``book``, the set is
    ``Book.reviews``, and ``loading`` the statement that has loaded books before, if one has."""

    child: ModelFacts
    field: str
    parent: ModelFacts
    query_name: str
    facts: RelatedSet
    loading: Query | None


def first_results(queries: Iterable[Query]) -> dict[str, Query]:
    """By model the first statement of the trace that loads several of its objects, perhaps."""
    found: dict[str, Query] = {}
    seen: set[tuple[int, int]] = set()
    for query in queries:
        shared = (id(query.frames), id(query.construction))
        if shared in seen or query.construction is None or query.construction.load is not None:
            continue
        seen.add(shared)
        model = query.construction.model
        if model and query.rows not in (0, 1) and origin_of(query) in _MULTI_ROW:
            found.setdefault(model, query)
    return found


def by_parent(loop: Loop, schema: Schema, results: Mapping[str, Query]) -> ByParent | None:
    """The relation that leads from a parent to what the loop asks for."""
    found = varied_field(loop, schema)
    if found is None:
        return None
    child, field, column = found
    candidates = [
        ByParent(
            child=child,
            field=field,
            parent=parent,
            query_name=name,
            facts=facts,
            loading=_before(loop, results.get(parent.label)),
        )
        for parent in schema.models.values()
        for name, facts in parent.sets.items()
        if (facts.lookup, facts.table, facts.columns) == (field, child.table, (column,))
        and facts.accessor
    ]
    return max(candidates, key=lambda each: each.loading is not None, default=None)


def _before(loop: Loop, result: Query | None) -> Query | None:
    return result if result is not None and result.index < loop.queries[0].index else None
