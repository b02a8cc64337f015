"""ORM204: single objects are looked up one by one by the same line.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#in-bulk
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, hint_of_loop, times
from orm_insight.analysis.lookups import looked_up_field
from orm_insight.analysis.loops import Loop
from orm_insight.model.hint import Hint
from orm_insight.model.schema import ModelFacts

_ASYNC = ("QuerySet.aget", "QuerySet.afirst")


class LookupInLoop:
    """``get()`` or ``filter(...).first()`` for each item, where one parameter differs."""

    code = "ORM204"

    def detect(self, context: Context) -> Iterable[Hint]:
        for loop in context.loops:
            found = looked_up_field(loop, context.schema)
            if found is not None:
                yield self._hint(loop, *found, context)

    def _hint(self, loop: Loop, facts: ModelFacts, field: str, context: Context) -> Hint:
        first = loop.queries[0]
        is_key = field == facts.pk
        is_certain = len(first.params or ()) == 1
        is_async = any(frame.function in _ASYNC for frame in first.frames)
        objects = f"{'await ' if is_async and is_key else ''}{facts.name}.objects"
        bulk = "ain_bulk(ids)" if is_async else "in_bulk(ids)"
        return hint_of_loop(
            self.code,
            loop.queries,
            context,
            title=f"{facts.label} is looked up one by one",
            message=(
                f"{loop.origin} is called {times(len(loop.queries))} by the same line, each time "
                f"for another {field}. Collect the values first and load all {facts.name} objects "
                "with one statement."
                + ("" if is_certain else " Its other conditions belong into that one as well.")
            ),
            model=facts.label,
            lookup="pk" if is_key else field,
            fix=f"{objects}.{bulk if is_key else f'filter({field}__in=values)'}",
            certain=is_certain,
        )
