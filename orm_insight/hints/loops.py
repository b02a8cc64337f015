"""Statements in a loop: ORM204 for lookups of one object, ORM205 for every other one."""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.loops import (
    ByParent,
    Lookup,
    Loop,
    by_parent,
    first_results,
    single_lookup,
)
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.hints.base import Context, hint_of_loop, times
from orm_insight.model.fix import BeforeLoop, Code, Fix, Form, Need, objects_of
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query
from orm_insight.sql.fingerprint import summary

_WRITES = {
    "INSERT": "bulk_create() inserts all new objects with one query.",
    "UPDATE": "bulk_update(), or a single update(), writes all of them with one query.",
    "DELETE": "queryset.delete() deletes all of them at once.",
}
_GET_OR_CREATE = (
    "Load the existing objects with one query before the loop, and create the others with "
    "bulk_create()."
)


_ADVICE = Fix().given(Need.VALUES_BEFORE_LOOP, is_known=False)


class RepeatedStatement:
    """ORM205: a statement is repeated by the same line with other parameters.

    Takes the loops that no better rule explains: says what repeats and how often, invents no fix.

    https://docs.djangoproject.com/en/stable/topics/db/optimization/#retrieve-everything-at-once-if-you-know-you-will-need-it
    """

    code = "ORM205"

    def detect(self, context: Context) -> Iterable[Hint]:
        loops = [loop for loop in context.loops if single_lookup(loop, context.schema) is None]
        results = first_results(context.queries) if loops else {}
        for loop, queries in _problems(loops):
            related = by_parent(loop, context.schema, results)
            yield self._hint(loop, queries, related, context)

    def _hint(
        self, loop: Loop, queries: tuple[Query, ...], related: ByParent | None, context: Context
    ) -> Hint:
        label = summary(loop.queries[0].sql)
        advice = _advice(loop) if related is None else _advice_by_parent(loop, related)
        return hint_of_loop(
            self.code,
            queries,
            context,
            title=f"N+1: {label} is repeated in a loop",
            happens=(
                f"{label} ({loop.origin}) runs {times(len(loop.queries))} from the same line with "
                "different parameters."
            ),
            advice=advice,
            lookup=None if related is None else related.field,
            fix=_ADVICE,
        )


def _problems(loops: list[Loop]) -> list[tuple[Loop, tuple[Query, ...]]]:
    """Each loop with its statements; what get_or_create() reads and writes is one problem."""
    found: dict[object, list[Loop]] = {}
    for number, loop in enumerate(loops):
        is_both = loop.origin is QueryOrigin.GET_OR_CREATE
        found.setdefault(loop.queries[0].site if is_both else number, []).append(loop)
    return [
        (same[0], tuple(sorted((q for loop in same for q in loop.queries), key=lambda q: q.index)))
        for same in found.values()
    ]


def _advice(loop: Loop) -> str:
    if loop.origin is QueryOrigin.GET_OR_CREATE:
        return _GET_OR_CREATE
    verb = loop.fingerprint.partition(" ")[0].upper()
    return _WRITES.get(verb, "One query for all values, before the loop, does the same work.")


def _advice_by_parent(loop: Loop, related: ByParent) -> str:
    """Name the call that asks for all parents at once; their queryset is not known for certain."""
    child, parent, facts = related.child.name, related.parent.name, related.facts
    row = parent.lower()
    loading = related.loading
    place = loading.origin.location if loading is not None and loading.origin else ""
    where = f"the {parent} queryset of {place}" if place else f"the queryset of the {parent} rows"
    objects = f'{child}.{related.child.manager}.filter({related.field}=OuterRef("{facts.key}"))'
    at_once = {
        QueryOrigin.COUNT: f'annotate(...=Count("{related.query_name}")) on {where}',
        QueryOrigin.AGGREGATE: f'annotate() with the aggregate over "{related.query_name}__..."'
        f" on {where}",
        QueryOrigin.EXISTS: f"annotate(...=Exists({objects})) on {where}",
    }.get(
        loop.origin,
        f'prefetch_related("{facts.accessor}") on {where}, and {row}.{facts.accessor}.all() here,',
    )
    return (
        f"It queries the {child} objects of one {parent} after another. If these are rows of one "
        f"queryset, {at_once} does it with one query; so does "
        f"{child}.{related.child.manager}.filter("
        f"{related.field}__in=...) before the loop."
    )


_OTHERS = "Include its other conditions in that query as well."
_SEVERAL = "Keep one object per value."
_ASYNC = ("QuerySet.aget", "QuerySet.afirst", "QuerySet.aexists")


class LookupInLoop:
    """ORM204: single objects are looked up one by one by the same line.

    ``get()``, ``first()`` or ``exists()`` for each item, where one parameter differs.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#in-bulk
    """

    code = "ORM204"

    def detect(self, context: Context) -> Iterable[Hint]:
        for loop in context.loops:
            lookup = single_lookup(loop, context.schema)
            if lookup is not None:
                yield self._hint(loop, lookup, context)

    def _hint(self, loop: Loop, lookup: Lookup, context: Context) -> Hint:
        facts = lookup.facts
        is_known = lookup.constants is not None
        # first() of several objects for each value: which one that is, the code does not say.
        is_one = loop.origin is not QueryOrigin.FIRST or lookup.is_unique
        return hint_of_loop(
            self.code,
            loop.queries,
            context,
            title=f"N+1: {facts.label} is looked up in a loop",
            happens=(
                f"{loop.origin} is called {times(len(loop.queries))} from the same line, each "
                f"time with a different {lookup.field}."
            ),
            advice=_lookup_advice(loop, lookup),
            model=facts.label,
            lookup="pk" if lookup.is_key else lookup.field,
            fix=Fix(change=_lookup_change(loop, lookup), at=loop.queries[0].origin)
            .given(Need.OTHER_CONDITIONS, is_known=is_known, note=_OTHERS)
            .given(Need.ONE_FOR_EACH, is_known=is_one, note=_SEVERAL),
        )


def _lookup_advice(loop: Loop, lookup: Lookup) -> str:
    if loop.origin is QueryOrigin.EXISTS:
        return "Collect the values first, and find with one query which of them exist."
    return f"Collect the values first, and load all {lookup.facts.name} objects with one query."


def _lookup_change(loop: Loop, lookup: Lookup) -> BeforeLoop:
    """``ids`` and ``values`` stand for what the loop looks up."""
    values, field = ("ids", "pk") if lookup.is_key else ("values", lookup.field)
    form = Form.DICTIONARY if lookup.is_unique else Form.OBJECTS
    return BeforeLoop(
        how=Form.VALUES if loop.origin is QueryOrigin.EXISTS else form,
        objects=objects_of(lookup.facts.name, lookup.facts.manager),
        field=field,
        values=Code(values),
        conditions=lookup.constants or (),
        is_async=any(frame.function in _ASYNC for frame in loop.queries[0].frames),
    )
