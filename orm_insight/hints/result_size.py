"""Results that are larger or dearer than needed: ORM302, ORM305, ORM306."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from orm_insight.analysis.groups import identity_of
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.analysis.usage import evaluated_in_vain
from orm_insight.hints.base import Context, hint_of_loop, severity_of
from orm_insight.model.fix import Call, Calls, Fix, Keyword, Literal, Need
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.trace import Query

_ITERATIONS = {QueryOrigin.ITERATION, QueryOrigin.RELATED_SET}
_LOADS = {*_ITERATIONS, QueryOrigin.LENGTH, QueryOrigin.TRUTH}
# A slice, or a list of keys: somebody has thought of how many there may be.
_BOUND = re.compile(r"\bLIMIT \d+|\bFETCH FIRST\b|\bIN \((?:%s|SELECT\b.*\bLIMIT)|= ANY\(%s")
_ITERATOR = Calls((Call("iterator", keywords=(Keyword("chunk_size", Literal(2000)),)),))
_FIX = _ITERATOR.code
_ADVICE = Fix().given(Need.USED_ONCE, is_known=False)


class ManyRows:
    """ORM302: very many rows are loaded, and nothing bounds them.

    A queryset without a slice that gave more rows than a page or a program wants at once.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#iterator
    """

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
                f"The queryset has no limit: it returned {most:,} rows, all held in memory at "
                "once, and the number can grow."
            ),
            advice=_advice(is_request=is_request),
            fix=replace(_ADVICE, change=None if is_request or not is_iterated else _ITERATOR),
        )
        return replace(hint, saving=saving, severity=severity_of(self.code, saving, context))


def _advice(*, is_request: bool) -> str:
    if is_request:
        return (
            "A page shows only some of them: use a Paginator, or slice the queryset. If all of "
            f"them are needed, in an export for instance, .{_FIX} keeps only a few in memory."
        )
    return (
        f"If you iterate over them once, .{_FIX} keeps only a few in memory at a time; otherwise "
        "process the queryset in slices."
    )


def _explained(context: Context) -> set[int]:
    """The queries of better rules: loads for each of other rows, or loads only to count."""
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


_ASKED = {QueryOrigin.COUNT: ("count()", "len()"), QueryOrigin.EXISTS: ("exists()", "bool()")}
_LOADED = {QueryOrigin.ITERATION, QueryOrigin.RELATED_SET, QueryOrigin.LENGTH, QueryOrigin.TRUTH}
_CONDITIONS = re.compile(r"\sFROM\s(.*?)(?:\sORDER BY\s.*|\sLIMIT 1)?$", re.DOTALL)
# Tables and conditions alone do not tell which rows these leave.
_OTHER_ROWS = re.compile(r"\b(?:LIMIT|OFFSET|GROUP BY|DISTINCT|UNION|FOR UPDATE)\b")


class AskedBeforeLoading:
    """ORM305: rows are counted, or asked whether there are any, and then loaded anyway.

    ``count()`` or ``exists()``, and all of the same rows right after: one statement too many.

    https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-overuse-contains-count-and-exists
    """

    code = "ORM305"

    def detect(self, context: Context) -> Iterable[Hint]:
        asked: dict[object, Query] = {}
        origins: dict[int, QueryOrigin] = {}  # stacks are shared: each is looked at once
        for query in context.queries:
            if query.index in context.of_relations:
                continue
            if not query.sql.startswith("SELECT"):
                asked.clear()  # a write may change the answer
                continue
            stack = id(query.frames)
            if stack not in origins:
                origins[stack] = origin_of(query)
            origin = origins[stack]
            rows = _rows_of(query, origin) if origin in _ASKED or origin in _LOADED else None
            if rows is None:
                continue
            if origin in _ASKED:
                asked[rows] = query
            elif (question := asked.pop(rows, None)) is not None:
                yield self._hint(question, query, context)

    def _hint(self, question: Query, loading: Query, context: Context) -> Hint:
        method, instead = _ASKED[origin_of(question)]
        model = (question.construction and question.construction.model) or "a queryset"
        hint = hint_of_loop(
            self.code,
            (question, loading),
            context,
            title=f"{model}: {method} runs just before the same rows are loaded",
            happens=f"{method} queries the rows that are loaded right after.",
            advice=f"Evaluate the queryset once, then use {instead}, which needs no further query.",
            fix=Fix(),
        )
        return replace(hint, saving=Saving(1, question.duration_ms))


def _rows_of(query: Query, origin: QueryOrigin) -> object | None:
    """Equal for statements about the same rows of querysets that one line has built."""
    found = _CONDITIONS.search(query.sql)
    if found is None or query.construction is None or query.construction.site is None:
        return None
    if query.site is None:  # a library asks, the admin for instance
        return None
    text = found[1]
    if _OTHER_ROWS.search(text) or (origin in _LOADED and _OTHER_ROWS.search(query.sql)):
        return None
    if not isinstance(query.params, tuple):
        return None
    before = query.sql.count("%s", 0, found.start(1))  # exists() selects a parameter
    alias, *_, params = identity_of(replace(query, params=query.params[before:]))
    return alias, text, params, query.construction.site


_OFFSET = re.compile(r"\bOFFSET (\d+)\s*$")
_DEEP = 1_000


class DeepOffset:
    """ORM306: the database reads many rows only to skip them, as OFFSET makes it do.

    A slice, or a page of a Paginator, that begins far from the first row.

    https://docs.djangoproject.com/en/stable/topics/db/queries/#limiting-querysets
    """

    code = "ORM306"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.groups:
            deep = tuple(query for query in group.queries if _skipped(query) >= _DEEP)
            if deep:
                yield self._hint(deep, context)

    def _hint(self, queries: tuple[Query, ...], context: Context) -> Hint:
        skipped = max(map(_skipped, queries))
        hint = hint_of_loop(
            self.code,
            queries,
            context,
            title=f"{skipped:,} rows are read only to be skipped",
            happens=(
                f"OFFSET makes the database read {skipped:,} rows and discard them before the "
                "first row that it returns."
            ),
            advice=(
                "Start after the last row of the previous page: filter by the "
                "columns of order_by(), for instance .filter(pk__gt=last_pk).order_by('pk')[:20]."
            ),
            fix=Fix(),
        )
        return replace(hint, saving=Saving(0, sum(query.duration_ms for query in queries)))


def _skipped(query: Query) -> int:
    found = _OFFSET.search(query.sql)
    return int(found[1]) if found and query.construction is not None else 0
