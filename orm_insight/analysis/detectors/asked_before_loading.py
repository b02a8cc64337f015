"""ORM305: rows are counted, or asked whether there are any, and then loaded anyway.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-overuse-contains-count-and-exists
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from orm_insight.analysis.detectors.base import Context, hint_of_loop
from orm_insight.analysis.groups import identity_of
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.trace import Query

_ASKED = {QueryOrigin.COUNT: ("count()", "len()"), QueryOrigin.EXISTS: ("exists()", "bool()")}
_LOADED = {QueryOrigin.ITERATION, QueryOrigin.RELATED_SET, QueryOrigin.LENGTH, QueryOrigin.TRUTH}
_CONDITIONS = re.compile(r"\sFROM\s(.*?)(?:\sORDER BY\s.*|\sLIMIT 1)?$", re.DOTALL)
# What these make of the rows is not told by tables and conditions alone.
_OTHER_ROWS = re.compile(r"\b(?:LIMIT|OFFSET|GROUP BY|DISTINCT|UNION|FOR UPDATE)\b")


class AskedBeforeLoading:
    """``count()`` or ``exists()``, and all of the same rows right after: one statement too many."""

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
            title=f"{model}: {method}, and then the same rows are loaded",
            happens=f"{method} asks the database about the rows that are loaded right after.",
            advice=(
                "Evaluate the queryset once and ask what it has loaded: "
                f"{instead} costs no statement then."
            ),
            certain=True,
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
