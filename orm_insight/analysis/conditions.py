"""The conditions of a narrowed related manager as code, with the values that the rows had."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from orm_insight.model.trace import Condition, Query
from orm_insight.sql.columns import columns_of_placeholders

_EXACT = (bool, float, Decimal, date, datetime)
_LITERALS = (str, int, float, Decimal, date, datetime)
_LONGEST_LABEL = 24
# The rows of many results ask with the same statement.
_columns_of = lru_cache(maxsize=128)(columns_of_placeholders)


def conditions_code(
    conditions: tuple[Condition, ...], queries: tuple[Query, ...]
) -> list[str] | None:
    """``rating__gte=4`` for each; ``None`` where a value varies by row or is not known."""
    columns = _columns_of(queries[0].sql)
    rows = [query.params for query in queries]
    if not all(isinstance(row, tuple) and len(row) == len(columns) for row in rows):
        return [] if not conditions else None
    # What the manager itself adds comes first in the statement.
    left = len(columns)
    code: list[str] = []
    for condition in reversed(conditions):
        if condition.literal is not None:
            code.insert(0, f"{condition.lookup}={condition.literal}")
            continue
        found = [i for i in range(left) if columns[i] == condition.column][-condition.count :]
        values = [_common(rows, i) for i in found]
        if len(values) != condition.count or not condition.count or None in values:
            return None
        left = found[0]
        literals = [_as_written(condition.lookup, value) for value in values]
        if None in literals:
            return None
        joined = ", ".join(map(str, literals))
        code.insert(0, f"{condition.lookup}={f'[{joined}]' if condition.is_list else joined}")
    return code


def _common(rows: list[Any], position: int) -> Any:
    """The value that all rows have there, if it can be written as a literal."""
    value = rows[0][position]
    if not isinstance(value, _LITERALS) or any(row[position] != value for row in rows):
        return None
    return value


def _as_written(lookup: str, value: Any) -> str | None:
    """The literal that the application wrote, without the wildcards that the ORM adds."""
    if not isinstance(value, str):
        # psycopg's Int4 and its like are written as what they are.
        return repr(value) if isinstance(value, _EXACT) else int.__repr__(value)
    kind = lookup.rpartition("__")[2]
    if kind.endswith(("contains", "startswith", "endswith", "iexact")):
        if "\\" in value:
            return None
        if kind.endswith(("contains", "endswith")):
            value = value[1:]
        if kind.endswith(("contains", "startswith")):
            value = value[:-1]
    return _double_quoted(value)


def _double_quoted(text: str) -> str:
    return repr(text) if '"' in text or "\\" in repr(text) else f'"{text}"'


def label_of(conditions: tuple[str, ...]) -> str:
    """A part of a name that tells these objects from the others: ``rating_5``, ``matching``."""
    label = re.sub(r"\W|__", "_", conditions[0]).replace('"', "").strip("_").lower()
    label = re.sub(r"_+", "_", label)
    is_short = len(conditions) == 1 and len(label) <= _LONGEST_LABEL and label.isascii()
    return label if is_short else "matching"
