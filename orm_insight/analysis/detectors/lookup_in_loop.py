"""ORM204: single objects are looked up one by one by the same line.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#in-bulk
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, hint_of_loop, times
from orm_insight.analysis.lookups import Lookup, single_lookup
from orm_insight.analysis.loops import Loop
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.model.hint import Hint

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
                _advice(loop, lookup)
                + ("" if is_known else " Its other conditions belong into that one as well.")
                + ("" if is_one else " Keep one of the objects of each value.")
            ),
            model=facts.label,
            lookup="pk" if lookup.is_key else lookup.field,
            fix=_fix(loop, lookup),
            certain=is_known and is_one,
        )


def _advice(loop: Loop, lookup: Lookup) -> str:
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
