"""Related objects asked for one by one in ways that a prefetch does not serve, and what would.

``Prefetch`` takes the queryset that was asked for, where the same is asked for each row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from orm_insight.analysis.conditions import conditions_code
from orm_insight.analysis.loads import LoadGroup
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Narrowing, Query

_READS = {
    QueryOrigin.RELATED_SET,
    QueryOrigin.ITERATION,
    QueryOrigin.LENGTH,
    QueryOrigin.TRUTH,
    QueryOrigin.FIRST,
    QueryOrigin.GET,
    QueryOrigin.ITERATOR,
    QueryOrigin.IN_BULK,
}
# These ask the database also where nothing was narrowed.
_ALWAYS_ASK = {QueryOrigin.ITERATOR, QueryOrigin.IN_BULK}
# The ORM limits these itself.
_SINGLE = {QueryOrigin.FIRST, QueryOrigin.GET}

_EVERYTHING = Narrowing()


def group_narrowed(queries: Iterable[Query], repeats: int) -> tuple[LoadGroup, ...]:
    """The same request to a related manager, from the same line, by distinct rows of a result."""
    # Stacks and constructions are shared within a trace: what they say is found out once.
    keys: dict[tuple[int, int], Any] = {}
    by_result: dict[Any, list[Query]] = {}
    for query in queries:
        shared = (id(query.frames), id(query.construction))
        if shared not in keys:
            keys[shared] = _key_of(query)
        if (key := keys[shared]) is not None:
            by_result.setdefault(key, []).append(query)
    merged: dict[Any, LoadGroup] = {}
    for (_, *asked_for), found in by_result.items():
        if len({query.parent for query in found}) < repeats:
            continue
        load = found[0].construction.load  # type: ignore[union-attr]  # it was looked at above
        assert load is not None
        same = (load.source.model, load.source.site, *asked_for)
        known = merged.get(same)
        if known is None:
            steps = (*load.path, load.relation)
            merged[same] = LoadGroup(load=load, steps=steps, queries=tuple(found), results=1)
        else:
            both = (*known.queries, *found)
            merged[same] = replace(known, queries=both, results=known.results + 1)
    return tuple(merged.values())


def _key_of(query: Query) -> tuple[Any, ...] | None:
    """Equal for what is asked together; ``None`` for what a prefetch serves."""
    load = query.construction.load if query.construction else None
    if load is None or load.relation.kind != "many":
        return None
    asked = origin_of(query)
    if asked in _ALWAYS_ASK or (load.narrowing is not None and asked in _READS):
        return (load.source.number, (*load.path, load.relation), load.narrowing, query.site)
    return None


def queryset_code(group: LoadGroup, schema: Schema) -> str | None:
    """The queryset that was asked for, ``Review.objects.filter(rating=5)``.

    ``None`` where it cannot be told, or differs from row to row.
    """
    narrowing = group.load.narrowing or _EVERYTHING
    model = group.relation.related_model
    if not narrowing.is_readable or model is None:
        return None
    conditions = conditions_code(narrowing.conditions, group.queries)
    if conditions is None:
        return None
    facts = schema.models.get(model)
    code = f"{model.rpartition('.')[2]}.{facts.manager if facts else 'objects'}"
    if conditions:
        code += f".filter({', '.join(conditions)})"
    if narrowing.order_by:
        code += f".order_by({_quoted(narrowing.order_by)})"
    if narrowing.selected:
        code += f".select_related({_quoted(narrowing.selected)})"
    if narrowing.is_distinct:
        code += ".distinct()"
    if "(" not in code:
        code += ".all()"  # a manager takes no slice
    return code + _slice_code(narrowing, origin_of(group.queries[0]))


def attribute_for(group: LoadGroup) -> str:
    """A name under which ``Prefetch`` keeps the objects, that says what they are."""
    narrowing = group.load.narrowing or _EVERYTHING
    name = group.relation.name
    if name.endswith("_set"):
        name = f"{name.removesuffix('_set')}s"
    if narrowing.conditions:
        return f"matching_{name}"
    if narrowing.high is not None:
        return f"first_{name}"
    return f"ordered_{name}" if narrowing.order_by else f"all_{name}"


def reading(group: LoadGroup, attribute: str) -> str:
    """What the row has to be asked for instead, where the row is called as its model."""
    return one_of(f"{group.relation.model.rpartition('.')[2].lower()}.{attribute}", _method(group))


def _method(group: LoadGroup) -> str:
    asked = origin_of(group.queries[0])
    return {QueryOrigin.FIRST: "first", QueryOrigin.GET: "get"}.get(asked, "")


def one_of(objects: str, method: str) -> str:
    """The object that a method gave, taken from the list that a ``Prefetch`` leaves."""
    if method.removeprefix("a") in ("first", "last", "earliest", "latest"):
        return f"next(iter({objects}), None)"
    return f"{objects}[0]" if method in ("get", "aget") else objects


def asks_for_everything(group: LoadGroup) -> bool:
    """Whether all objects of the relation were asked for, in no order, as a plain prefetch does."""
    narrowing = group.load.narrowing or _EVERYTHING
    return narrowing == _EVERYTHING


def _slice_code(narrowing: Narrowing, asked: QueryOrigin) -> str:
    if asked in _SINGLE:
        return "[:1]" if asked is QueryOrigin.FIRST else ""
    if narrowing.high is None and not narrowing.low:
        return ""
    return f"[{narrowing.low or ''}:{'' if narrowing.high is None else narrowing.high}]"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
