"""ORM302: very many rows are loaded, and nothing bounds them.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#iterator
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from orm_insight.analysis.detectors.base import Context, hint_of_loop, severity_of
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.analysis.uses import evaluated_in_vain
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.trace import Query

_ITERATIONS = {QueryOrigin.ITERATION, QueryOrigin.RELATED_SET}
_LOADS = {*_ITERATIONS, QueryOrigin.LENGTH, QueryOrigin.TRUTH}
# A slice, or a list of keys: somebody has thought of how many there may be.
_BOUND = re.compile(r"\bLIMIT \d+|\bFETCH FIRST\b|\bIN \((?:%s|SELECT\b.*\bLIMIT)|= ANY\(%s")
_FIX = "iterator(chunk_size=2000)"


class ManyRows:
    """A queryset without a slice that gave more rows than a page or a program wants at once."""

    code = "ORM302"

    def detect(self, context: Context) -> Iterable[Hint]:
        limit = context.thresholds.many_rows
        large = [query for query in context.queries if (query.rows or 0) >= limit]
        explained = _explained(context) if large else set()
        found: dict[object, list[Query]] = {}
        for query in large:
            if query.index not in explained and _is_unbounded(query):
                found.setdefault((query.origin, query.site), []).append(query)
        for queries in found.values():
            yield self._hint(tuple(queries), context)

    def _hint(self, queries: tuple[Query, ...], context: Context) -> Hint:
        most = max(query.rows or 0 for query in queries)
        construction = queries[0].construction
        model = (construction and construction.model) or "a queryset"
        is_request = context.trace.kind == "request"
        # Only what is iterated over takes it; everything else wants all rows at once.
        is_iterated = all(origin_of(query) in _ITERATIONS for query in queries)
        saving = Saving(0, sum(query.duration_ms for query in queries))
        hint = hint_of_loop(
            self.code,
            queries,
            context,
            title=f"{model}: {most:,} rows are loaded at once",
            happens=(
                f"The queryset has no limit: it gave {most:,} rows, all of them kept in memory "
                "together, and there will be more."
            ),
            advice=_advice(is_request=is_request),
            fix="" if is_request or not is_iterated else _FIX,
        )
        return replace(hint, saving=saving, severity=severity_of(self.code, saving, context))


def _advice(*, is_request: bool) -> str:
    if is_request:
        return (
            "A page shows a part of them: divide them with a Paginator, or slice the queryset. "
            f"Where really all are needed, an export for instance, .{_FIX} keeps few in memory."
        )
    return (
        f"If they are gone through once, .{_FIX} keeps few in memory at a time; otherwise work "
        "on slices of the queryset."
    )


def _explained(context: Context) -> set[int]:
    """What better rules are about: rows loaded for each of others, or only to be counted."""
    in_vain = (
        query.index
        for counted in (True, False)
        for built in evaluated_in_vain(context.uses, context.queries, counted=counted)
        for query in built.queries
    )
    return {*context.of_relations, *in_vain}


def _is_unbounded(query: Query) -> bool:
    if query.construction is None or query.origin is None or origin_of(query) not in _LOADS:
        return False
    owner = query.construction.owner
    if owner is not None and owner.kind != "view":  # a library divides, or has to show all
        return False
    return query.sql.startswith("SELECT") and _BOUND.search(query.sql) is None
