"""What the ORM's statements ask of some of the objects related to one row.

As with :mod:`orm_insight.sql.related`, only forms that Django itself writes are known.
"""

from __future__ import annotations

import re
from functools import lru_cache

from orm_insight.sql.related import RelatedStatement

_NAME = r'["`]([^"`]+)["`]'
_COLUMN = re.compile(r'(?:["`]([^"`]+)["`]|(?<![\w"`])([A-Z]\d+))\.["`]([^"`]+)["`]')
_JOIN = rf" (?:INNER|LEFT OUTER) JOIN {_NAME}(?: [A-Z]\d+)? ON \([^()]*\)"
_STATEMENT = re.compile(
    rf"SELECT (?P<selected>[^ ].*?) AS {_NAME} FROM {_NAME}(?P<joins>(?:{_JOIN})*)"
    r" WHERE (?P<where>.*?)(?: LIMIT 1)?"
)
_FIRST_TABLE = 3
# Where these stand, conditions depend on each other, or the rows are others than they say.
_NOT_ALONE = re.compile(r" OR |NOT \(|\b(?:GROUP BY|HAVING|OVER|OFFSET|LIMIT)\b")
_BETWEEN = re.compile(r"BETWEEN %s AND %s")


@lru_cache(maxsize=256)
def narrowed_statement(sql: str) -> RelatedStatement | None:
    """Read a statement whose conditions all hold, each about one column; else ``None``.

    ``columns`` has for each condition its table, or the table's alias, and its column.
    """
    match = _STATEMENT.fullmatch(sql)
    if match is None or sql.count("SELECT") != 1 or _NOT_ALONE.search(match["where"]):
        return None
    columns: list[tuple[str, str]] = []
    for condition in _conditions(match["where"]):
        found = _COLUMN.findall(condition)
        if len(found) != 1:
            return None
        table, alias, column = found[0]
        columns.append((table or alias, column))
    tables = (match[_FIRST_TABLE], *re.findall(rf" JOIN {_NAME}", match["joins"]))
    return RelatedStatement(match["selected"], tables, tuple(columns))


def _conditions(where: str) -> list[str]:
    conditions = _BETWEEN.sub("BETWEEN %s", where).split(" AND ")
    if len(conditions) > 1:  # then there are parentheses around all of them
        conditions[0] = conditions[0].removeprefix("(")
        conditions[-1] = conditions[-1].removesuffix(")")
    return conditions
