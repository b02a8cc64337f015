"""Reads statements of the ORM about the objects related to one row, and their joins.

Only the forms that Django itself writes are known, and they are read completely. Anything else in a
statement makes it unknown.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class RelatedStatement(NamedTuple):
    """``SELECT selected FROM tables WHERE columns = ...``, and nothing further.

    ``tables`` are one or two, the second joined. ``columns`` are pairs of table and column, each
    compared with a value.
    """

    selected: str
    tables: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


class Aggregate(NamedTuple):
    """One function over one column: ``AVG(DISTINCT "table"."column")``."""

    function: str
    table: str
    column: str
    is_distinct: bool


_NAME = r'["`]([^"`]+)["`]'
_COLUMN = rf"{_NAME}\.{_NAME}"
_IS = rf"{_COLUMN} = %s"
_STATEMENT = re.compile(
    rf"SELECT (?P<selected>[^ ].*?) AS {_NAME} FROM {_NAME}"
    rf"(?: INNER JOIN {_NAME} ON \({_COLUMN} = {_COLUMN}\))?"
    rf" WHERE (?P<where>{_IS}|\({_IS}(?: AND {_IS})+\))(?: LIMIT 1)?"
)
_FIRST_TABLE = 3
_SECOND_TABLE = 4
_CONDITION = re.compile(_IS)
_AGGREGATE = re.compile(rf"(SUM|AVG|MIN|MAX|COUNT)\((DISTINCT )?{_COLUMN}\)")
_NAMED = re.compile(r' AS ["`][^"`]+["`], ')
# SQLite has no decimals: the ORM turns the result into one.
_CAST = re.compile(r"CAST\((.*) AS NUMERIC\)")

_SELECT_LIST = re.compile(r"SELECT (?:DISTINCT )?(.*?) FROM ", re.DOTALL)
_JOIN = re.compile(rf" JOIN {_NAME}(?: [\"`]?(\w+)[\"`]?)? ON ")
_OTHER_CLAUSES = re.compile(
    r"\b(?:GROUP BY|DISTINCT ON|OVER|UNION|INTERSECT|EXCEPT|FOR (?:NO KEY )?UPDATE)\b"
)


@lru_cache(maxsize=256)
def related_statement(sql: str) -> RelatedStatement | None:
    """Read a statement for the objects related to one row; ``None`` for any other form."""
    match = _STATEMENT.fullmatch(sql)
    if match is None:
        return None
    tables = tuple(name for name in (match[_FIRST_TABLE], match[_SECOND_TABLE]) if name)
    columns = tuple(_CONDITION.findall(match["where"]))
    return RelatedStatement(match["selected"], tables, columns)


def each_selected(selected: str) -> list[str]:
    """The selected expressions without their names; the last one has lost its name already."""
    return _NAMED.split(selected)


def simple_aggregate(selected: str) -> Aggregate | None:
    """The aggregate that is selected, if it is one function over one column."""
    cast = _CAST.fullmatch(selected)
    match = _AGGREGATE.fullmatch(cast[1] if cast else selected)
    if match is None:
        return None
    return Aggregate(match[1], match[3], match[4], is_distinct=match[2] is not None)


@lru_cache(maxsize=256)
def takes_group_by(sql: str) -> bool:
    """Return whether aggregates over a further join, added to a statement, would be right.

    A join whose columns are not selected may multiply rows, or be the one that a further
    aggregate would use; rows that are grouped already would be grouped otherwise.
    """
    if _OTHER_CLAUSES.search(sql):
        return False
    joins = [alias or table for table, alias in _JOIN.findall(sql)]
    match = _SELECT_LIST.match(sql)
    if not joins or match is None:
        return not joins
    # A name belongs to an annotation, perhaps of a joined table that multiplies rows.
    return " AS " not in match[1] and all(_is_selected(name, match[1]) for name in joins)


_ORDER = re.compile(r"\sORDER BY (.*?)(?: LIMIT \d+| OFFSET \d+)*$", re.DOTALL)
_ORDERED = re.compile(r"(?:.*[.])?[\"`]?(\w+)[\"`]? (ASC|DESC)", re.DOTALL)


def is_ordered_by(sql: str, ordering: tuple[str, ...]) -> bool:
    """Return whether ``Meta.ordering`` may have ordered a statement: a ``GROUP BY`` would leave
    that order out. ``ordering`` is as in ``ModelFacts``."""
    match = _ORDER.search(sql)
    if match is None or not ordering:
        return False
    if "?" in ordering:
        return True
    found = [_ORDERED.fullmatch(part) for part in match[1].split(", ")]
    columns = [("-" if m[2] == "DESC" else "") + m[1] if m else "?" for m in found]
    return columns == list(ordering)


def _is_selected(table: str, select_list: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(table)}[\"`]?\.", select_list) is not None


# -- the joins of a single SELECT -------------------------------------------------------------

_ANY_NAME = r'["`]?(\w+)["`]?'
_ANY_COLUMN = rf"{_ANY_NAME}\.{_ANY_NAME}"
_FROM = re.compile(rf" FROM {_ANY_NAME}(?= |$)")
_JOIN_ON = re.compile(
    rf" (?:LEFT OUTER|INNER) JOIN {_ANY_NAME}(?: {_ANY_NAME})? ON \({_ANY_COLUMN} = {_ANY_COLUMN}\)"
)
_ANY_AGGREGATE = re.compile(r"\b(?:COUNT|SUM|AVG|MIN|MAX|STDDEV\w*|VAR\w*|\w+_AGG)\(")
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
    """The joins of a statement that aggregates; ``None`` if it has another form.

    Subqueries, and joins with further conditions, make it unknown.
    """
    beginning = _FROM.search(sql)
    if beginning is None or len(_SELECT.findall(sql)) != 1 or not sql.startswith("SELECT"):
        return None
    if " GROUP BY " not in sql and _ANY_AGGREGATE.search(sql) is None:
        return None
    found = list(_JOIN_ON.finditer(sql))
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


# -- some of the objects related to one row ---------------------------------------------------

_COLUMN_OF = re.compile(r'(?:["`]([^"`]+)["`]|(?<![\w"`])([A-Z]\d+))\.["`]([^"`]+)["`]')
_JOINED = rf" (?:INNER|LEFT OUTER) JOIN {_NAME}(?: [A-Z]\d+)? ON \([^()]*\)"
_FILTERED = re.compile(
    rf"SELECT (?P<selected>[^ ].*?) AS {_NAME} FROM {_NAME}(?P<joins>(?:{_JOINED})*)"
    r" WHERE (?P<where>.*?)(?: LIMIT 1)?"
)
_FILTERED_TABLE = 3
# With these, conditions depend on each other, or do not tell which rows there are.
_NOT_ALONE = re.compile(r" OR |NOT \(|\b(?:GROUP BY|HAVING|OVER|OFFSET|LIMIT)\b")
_BETWEEN = re.compile(r"BETWEEN %s AND %s")


@lru_cache(maxsize=256)
def narrowed_statement(sql: str) -> RelatedStatement | None:
    """Read a statement whose conditions all hold, each about one column; else ``None``.

    ``columns`` has for each condition its table, or the table's alias, and its column.
    """
    match = _FILTERED.fullmatch(sql)
    if match is None or sql.count("SELECT") != 1 or _NOT_ALONE.search(match["where"]):
        return None
    columns: list[tuple[str, str]] = []
    for condition in _conditions(match["where"]):
        found = _COLUMN_OF.findall(condition)
        if len(found) != 1:
            return None
        table, alias, column = found[0]
        columns.append((table or alias, column))
    tables = (match[_FILTERED_TABLE], *re.findall(rf" JOIN {_NAME}", match["joins"]))
    return RelatedStatement(match["selected"], tables, tuple(columns))


def _conditions(where: str) -> list[str]:
    conditions = _BETWEEN.sub("BETWEEN %s", where).split(" AND ")
    if len(conditions) > 1:  # then there are parentheses around all of them
        conditions[0] = conditions[0].removeprefix("(")
        conditions[-1] = conditions[-1].removesuffix(")")
    return conditions
