"""ORM205: a statement is repeated by the same line with other parameters.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#retrieve-everything-at-once-if-you-know-you-will-need-it
"""

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
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query
from orm_insight.sql.fingerprint import summary

_WRITES = {
    "INSERT": "bulk_create() writes all new objects with one statement.",
    "UPDATE": "bulk_update(), or one update(), writes all of them with one statement.",
    "DELETE": "queryset.delete() removes all of them together.",
}
_GET_OR_CREATE = (
    "Load what there is with one statement before the loop, and write the rest with bulk_create()."
)


class RepeatedStatement:
    """What no better rule explains: says what repeats and how often, and invents no fix."""

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
            title=f"{label} is repeated in a loop",
            happens=(
                f"{label} ({loop.origin}) is issued {times(len(loop.queries))} by the "
                "same line with other parameters."
            ),
            advice=advice,
            lookup=None if related is None else related.field,
        )


def _problems(loops: list[Loop]) -> list[tuple[Loop, tuple[Query, ...]]]:
    """Each loop with its statements; what get_or_create() reads and writes is one problem."""
    found: dict[object, list[Loop]] = {}
    for number, loop in enumerate(loops):
        is_both = loop.origin is QueryOrigin.GET_OR_CREATE
        found.setdefault(loop.queries[0].site if is_both else number, []).append(loop)
    return [
        (
            same[0],
            tuple(sorted((q for loop in same for q in loop.queries), key=lambda q: q.index)),
        )
        for same in found.values()
    ]


def _advice(loop: Loop) -> str:
    if loop.origin is QueryOrigin.GET_OR_CREATE:
        return _GET_OR_CREATE
    verb = loop.fingerprint.partition(" ")[0].upper()
    return _WRITES.get(verb, "One statement for all values, before the loop, does the same work.")


def _advice_by_parent(loop: Loop, related: ByParent) -> str:
    """What would ask for all parents at once; which parents these are is not known for certain."""
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
        f"It asks for the {child} objects of one {parent} after the other. If these are rows of one"
        f" result, {at_once} asks for all at once; so does {child}.{related.child.manager}.filter("
        f"{related.field}__in=...) before the loop."
    )


# ORM204: single objects are looked up one by one by the same line.
#
# https://docs.djangoproject.com/en/stable/ref/models/querysets/#in-bulk

_ASYNC = ("QuerySet.aget", "QuerySet.afirst", "QuerySet.aexists")


class LookupInLoop:
    """``get()``, ``first()`` or ``exists()`` for each item, where one parameter differs."""

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
            title=f"{facts.label} is looked up one by one",
            happens=(
                f"{loop.origin} is called {times(len(loop.queries))} by the same line, each time "
                f"for another {lookup.field}."
            ),
            advice=(
                _lookup_advice(loop, lookup)
                + ("" if is_known else " Its other conditions belong into that one as well.")
                + ("" if is_one else " Keep one of the objects of each value.")
            ),
            model=facts.label,
            lookup="pk" if lookup.is_key else lookup.field,
            fix=_fix(loop, lookup),
            certain=is_known and is_one,
        )


def _lookup_advice(loop: Loop, lookup: Lookup) -> str:
    if loop.origin is QueryOrigin.EXISTS:
        return "Collect the values first and ask with one statement which of them there are."
    return f"Collect the values first and load all {lookup.facts.name} objects with one statement."


def _fix(loop: Loop, lookup: Lookup) -> str:
    is_async = any(frame.function in _ASYNC for frame in loop.queries[0].frames)
    objects = f"{lookup.facts.name}.{lookup.facts.manager}"
    constants = lookup.constants or ()
    values, name = ("ids", "pk") if lookup.is_key else ("values", lookup.field)
    filtered = f"{objects}.filter({', '.join((f'{name}__in={values}', *constants))})"
    if loop.origin is QueryOrigin.EXISTS:
        found = f'{filtered}.values_list("{name}", flat=True)'
        return f"{{value async for value in {found}}}" if is_async else f"set({found})"
    if not lookup.is_unique:
        return filtered
    if constants:
        objects = f"{objects}.filter({', '.join(constants)})"
    arguments = values if lookup.is_key else f'{values}, field_name="{name}"'
    return f"{'await ' if is_async else ''}{objects}.{'a' * is_async}in_bulk({arguments})"
