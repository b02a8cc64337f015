"""The joins of a single SELECT, as the ORM writes them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_NAME = r'["`]?(\w+)["`]?'
_COLUMN = rf"{_NAME}\.{_NAME}"
_FROM = re.compile(rf" FROM {_NAME}(?= |$)")
_JOIN = re.compile(rf" (?:LEFT OUTER|INNER) JOIN {_NAME}(?: {_NAME})? ON \({_COLUMN} = {_COLUMN}\)")
_AGGREGATE = re.compile(r"\b(?:COUNT|SUM|AVG|MIN|MAX|STDDEV\w*|VAR\w*|\w+_AGG)\(")
_SELECT = re.compile(r"\bSELECT\b")
_ANY_JOIN = re.compile(r"\bJOIN\b")


class Join(NamedTuple):
    """``table`` under its ``alias``, whose ``column`` equals the ``outer_column`` of ``outer``,
    an alias that stands before it."""

    table: str
    alias: str
    column: str
    outer: str
    outer_column: str


class Joined(NamedTuple):
    """The first table and those joined to it; the first one's alias is its name."""

    table: str
    joins: tuple[Join, ...]


@lru_cache(maxsize=64)
def aggregated_joins(sql: str) -> Joined | None:
    """The joins of a statement that aggregates; ``None`` where it has another form.

    Subqueries, and joins with further conditions, make it unknown.
    """
    beginning = _FROM.search(sql)
    if beginning is None or len(_SELECT.findall(sql)) != 1 or not sql.startswith("SELECT"):
        return None
    if " GROUP BY " not in sql and _AGGREGATE.search(sql) is None:
        return None
    found = list(_JOIN.finditer(sql))
    if len(found) != len(_ANY_JOIN.findall(sql)):
        return None
    joins = []
    for match in found:
        table, alias, left, left_column, right, right_column = match.groups()
        alias = alias or table
        if right != alias:
            return None
        joins.append(Join(table, alias, right_column, left, left_column))
    return Joined(beginning[1], tuple(joins))
