"""Statements that follow a foreign key backwards without saying so, for one object at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orm_insight.analysis.lookups import varied_field
from orm_insight.analysis.loops import Loop
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.schema import ModelFacts, RelatedSet, Schema
from orm_insight.model.trace import Query

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
