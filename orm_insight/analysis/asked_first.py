"""Rows that ask whether there are such related objects, or how many, and load these anyway."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from orm_insight.analysis.loads import LoadGroup
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.analysis.summaries import Summary
from orm_insight.model.trace import Query

_QUESTIONS = {QueryOrigin.COUNT, QueryOrigin.EXISTS}
_WHERE = re.compile(r" WHERE (.*?)(?: ORDER BY .*| LIMIT 1)?$", re.DOTALL)


def join_questions(
    groups: tuple[LoadGroup, ...], summaries: tuple[Summary, ...]
) -> tuple[tuple[LoadGroup, ...], tuple[Summary, ...]]:
    """One problem, once: what loads the objects answers the question about them as well.

    Gives the groups with their questions, and the summaries that remain.
    """
    joined = list(groups)
    remaining: list[Summary] = []
    for summary in summaries:
        place = next((i for i, g in enumerate(joined) if _is_asked_before(summary, g)), None)
        if place is None:
            remaining.append(summary)
        else:
            asked = (*joined[place].questions, *summary.queries)
            joined[place] = replace(joined[place], questions=asked)
    return tuple(joined), tuple(remaining)


def _is_asked_before(summary: Summary, group: LoadGroup) -> bool:
    """Whether each row that loads the objects has asked about the same ones."""
    load = summary.load
    if summary.origin not in _QUESTIONS or group.steps != (*load.path, load.relation):
        return False
    if (load.source.model, load.source.site) != (group.load.source.model, group.load.source.site):
        return False
    length = len(group.queries[0].params or ())
    return set(_asked(group.queries, length)) <= set(_asked(summary.queries, length))


def _asked(queries: Iterable[Query], length: int) -> Iterable[Any]:
    """For each statement its row, its conditions and their values, the last of the parameters."""
    wheres: dict[str, str | None] = {}
    for query in queries:
        if query.sql not in wheres:
            found = _WHERE.search(query.sql)
            wheres[query.sql] = found[1] if found else None
        params = query.params
        values = repr(params[-length:]) if length and isinstance(params, tuple) else None
        yield query.parent, wheres[query.sql], values
