"""ORM502: the same rows are counted again.

https://docs.djangoproject.com/en/stable/ref/paginator/#django.core.paginator.Paginator.count
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, hint_of_loop, sites_of, times
from orm_insight.analysis.detectors.keeping import asked_by, where_to_keep
from orm_insight.analysis.repeats import is_count, is_of_paginator
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query


class SameCount:
    """``count()`` whose answer was known already, perhaps to a ``Paginator``."""

    code = "ORM502"

    def detect(self, context: Context) -> Iterable[Hint]:
        for queries in context.repeated_reads:
            if is_count(queries[0]):
                yield self._hint(queries, context)

    def _hint(self, queries: tuple[Query, ...], context: Context) -> Hint:
        construction = queries[0].construction
        model = (construction and construction.model) or "The same rows"
        return hint_of_loop(
            self.code,
            queries,
            context,
            title=f"{model}: counted {times(len(queries))}",
            happens=f"The same count() is asked {times(len(queries))}, {asked_by(queries)}.",
            advice=_advice(queries, context),
        )


def _advice(queries: tuple[Query, ...], context: Context) -> str:
    pages = [query for query in queries if is_of_paginator(query)]
    others = [query for query in queries if not is_of_paginator(query)]
    if not pages:
        return where_to_keep(queries, context)
    if not others:
        return "Each Paginator counts once by itself: make one of them, and use it again."
    lines = " and ".join(site.location for site in sites_of(others))
    return (
        "A Paginator counts once by itself and keeps the number: read paginator.count, or "
        f"page.paginator.count in a template, in the place of the count() at {lines}."
    )
