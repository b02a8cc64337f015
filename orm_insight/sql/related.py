"""What the ORM's statements ask of the objects related to one row.

Only the forms that Django itself writes are known; whatever else a statement says makes it
unknown, so that what is read here is all there is to it.
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
    """What is selected without the names; the last has been left without its name already."""
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
    """Whether aggregates over a further join can be added to a statement and are right.

    A join whose columns are not selected may multiply rows, or be the one that a further
    aggregate would use; what is grouped already would be grouped otherwise.
    """
    if _OTHER_CLAUSES.search(sql):
        return False
    joins = [alias or table for table, alias in _JOIN.findall(sql)]
    match = _SELECT_LIST.match(sql)
    if not joins or match is None:
        return not joins
    # What has a name is an annotation, perhaps of a joined table that multiplies rows.
    return " AS " not in match[1] and all(_is_selected(name, match[1]) for name in joins)


_ORDER = re.compile(r"\sORDER BY (.*?)(?: LIMIT \d+| OFFSET \d+)*$", re.DOTALL)
_ORDERED = re.compile(r"(?:.*[.])?[\"`]?(\w+)[\"`]? (ASC|DESC)", re.DOTALL)


def is_ordered_by(sql: str, ordering: tuple[str, ...]) -> bool:
    """Whether a statement may have got its order from ``Meta.ordering``, which a ``GROUP BY``
    would leave out; ``ordering`` as in ``ModelFacts``."""
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
