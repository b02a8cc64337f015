"""Queryset expressions that may issue a captured statement, told from its SQL and its values.

Candidates only: the shape of the ORM's own statements is read, and what a manager, an ordering or
a router adds is not known here. Whoever shows one must have tried it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from orm_insight.model.schema import ModelFacts, Schema
from orm_insight.model.trace import Query

MAX_VALUES = 1_000

_Q = r"[\"`]"
_COLUMN = rf"{_Q}(?P<table>\w+){_Q}\.{_Q}(?P<column>\w+){_Q}"
_SELECT = re.compile(
    rf"SELECT (?P<distinct>DISTINCT )?(?P<selected>.+?) FROM {_Q}(?P<table>\w+){_Q}"
    rf"(?: INNER JOIN {_Q}\w+{_Q} ON \([^()]+\))?"
    r"(?: WHERE (?P<where>.+?))?(?: ORDER BY (?P<order>.+?))?"
    r"(?: LIMIT (?P<limit>\d+))?(?: OFFSET (?P<offset>\d+))?",
    re.DOTALL,
)
_CONDITION = re.compile(
    rf"(?P<not>NOT )?{_COLUMN}"
    r"(?: (?P<operator>=|>=|>|<=|<) %s| IN \((?P<list>%s(?:, %s)*)\)| IS (?P<null>(?:NOT )?NULL))?"
)
_ORDER = re.compile(rf"{_COLUMN} (?P<way>ASC|DESC)")
_COUNT = re.compile(rf"COUNT\(\*\) AS {_Q}__count{_Q}")
_EXISTS = re.compile(rf"(?:1|%s) AS {_Q}a{_Q}")
_LOOKUPS = {"=": "", ">": "__gt", ">=": "__gte", "<": "__lt", "<=": "__lte"}
# SQLite stores a moment as text, which does not tell its time zone.
_LIKE_A_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:")
_GET_LIMIT = "21"
_MAX_SQL = 50_000
_CLAUSES = (" FROM ", " WHERE ", " ORDER BY ", " LIMIT ", " OFFSET ", " INNER JOIN ")


class Candidate(NamedTuple):
    """An expression on the model ``label``, and the imports that it needs."""

    label: str
    expression: str
    imports: tuple[str, ...]


class _NotPlain(Exception):
    """The statement has a part that is not read here."""


def candidates(query: Query, schema: Schema) -> Iterator[Candidate]:
    """The likeliest first."""
    statement = _SELECT.fullmatch(query.sql) if _is_simple(query.sql) else None
    facts = _model(query, schema, statement["table"]) if statement else None
    if statement is None or facts is None or not isinstance(query.params, tuple | None):
        return
    if len(query.params or ()) > MAX_VALUES:
        return
    try:
        values = _Values(query.params or ())
        if statement["selected"].startswith("%s AS "):
            values.next()
        where = _conditions(statement["where"], facts, schema, values)
        imports = (*sorted(values.imports), f"from {facts.module} import {facts.name}")
        yield from (
            Candidate(facts.label, code, imports) for code in _written(statement, facts, where)
        )
    except _NotPlain:
        return


def _is_simple(sql: str) -> bool:
    """One of each clause at most: it keeps the time linear, and others are not read anyway."""
    return len(sql) <= _MAX_SQL and all(sql.count(word) <= 1 for word in _CLAUSES)


def _model(query: Query, schema: Schema, table: str) -> ModelFacts | None:
    known = schema.models.get((query.construction and query.construction.model) or "")
    if known is not None and known.table == table:
        return known
    of_table = (facts for facts in schema.models.values() if facts.table == table)
    return next((facts for facts in of_table if not facts.is_proxy), None)


class _Values:
    """The parameters as literals, one after the other."""

    def __init__(self, params: Sequence[Any]) -> None:
        self._left = iter(params)
        self.imports: set[str] = set()

    def next(self) -> str:
        value = next(self._left, None)
        text = _literal(value)
        if text is None:
            raise _NotPlain
        self.imports.update(_imports_of(value))
        return text


def _literal(value: Any) -> str | None:
    if isinstance(value, bool):
        return repr(value)
    if isinstance(value, int):
        # psycopg's Int4 and its like are written as what they are.
        return int.__repr__(value)
    if isinstance(value, str):
        return None if _LIKE_A_MOMENT.match(value) else _quoted(str.__str__(value))
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else None
    return repr(value) if type(value) in (Decimal, date, datetime, UUID) else None


def _quoted(text: str) -> str:
    return repr(text) if '"' in text or "\\" in repr(text) else f'"{text}"'


def _imports_of(value: Any) -> Iterator[str]:
    if isinstance(value, Decimal):
        yield "from decimal import Decimal"
    if isinstance(value, UUID):
        yield "from uuid import UUID"
    if isinstance(value, date):
        yield "import datetime"
        if "zoneinfo." in repr(value):
            yield "import zoneinfo"


def _conditions(where: str | None, facts: ModelFacts, schema: Schema, values: _Values) -> list[str]:
    if where is None:
        return []
    inner = where[1:-1] if where.startswith("(") and where.endswith(")") else where
    return [_condition(text, facts, schema, values) for text in inner.split(" AND ")]


def _condition(text: str, facts: ModelFacts, schema: Schema, values: _Values) -> str:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise _NotPlain
    name = _lookup(match["table"], match["column"], facts, schema)
    if match["operator"]:
        return f"{name}{_LOOKUPS[match['operator']]}={values.next()}"
    if match["list"]:
        items = [values.next() for _ in match["list"].split(",")]
        return f"{name}__in=[{', '.join(items)}]"
    if match["null"]:
        return f"{name}__isnull={match['null'] == 'NULL'}"
    return f"{name}={not match['not']}"


def _lookup(table: str, column: str, facts: ModelFacts, schema: Schema) -> str:
    """The name in lookups of a column of the model, or of the table of a relation."""
    if table == facts.table and column in facts.columns:
        name = facts.columns[column]
        return "pk" if name == facts.pk else name
    for other in schema.models.values():
        for related in other.sets.values():
            if (related.table, related.columns) == (table, (column,)) and related.lookup:
                return related.lookup
    raise _NotPlain


def _written(statement: re.Match[str], facts: ModelFacts, where: list[str]) -> Iterator[str]:
    asked = ", ".join(where)
    for manager in dict.fromkeys((facts.manager, "_base_manager")):
        for order in dict.fromkeys(("", _order(statement["order"], facts))):
            begin = f"{facts.name}.{manager}"
            for end in _ends(statement, facts, asked):
                yield f"{begin}{order.join(end) if order else ''.join(end)}"


def _order(order: str | None, facts: ModelFacts) -> str:
    """``.order_by("-date")`` for columns of the model's own table."""
    if order is None:
        return ""
    names = []
    for part in order.split(", "):
        match = _ORDER.fullmatch(part)
        if match is None or match["table"] != facts.table:
            raise _NotPlain
        name = facts.columns.get(match["column"], "")
        names.append(f'"{"-" if match["way"] == "DESC" else ""}{name}"')
    return f".order_by({', '.join(names)})"


def _ends(statement: re.Match[str], facts: ModelFacts, asked: str) -> Iterator[tuple[str, str]]:
    """The code before an ``order_by()``, and the code after it."""
    filtered = f".filter({asked})" if asked else ""
    filtered += ".distinct()" if statement["distinct"] else ""
    selected, limit, offset = statement["selected"], statement["limit"], statement["offset"]
    if _COUNT.fullmatch(selected):
        yield filtered, ".count()"
    elif _EXISTS.fullmatch(selected):
        yield filtered, ".exists()"
    else:
        columns = _columns(selected, facts)
        if limit == _GET_LIMIT and asked and offset is None:
            yield columns, f".get({asked})"
        if limit == "1" and offset is None:
            yield f"{filtered}{columns}", ".first()"
        whole = f"{filtered}{columns}"
        part = _slice(limit, offset)
        yield (whole or ".all()"), part


def _slice(limit: str | None, offset: str | None) -> str:
    if limit is None and offset is None:
        return ""
    start = int(offset or 0)
    return f"[{start or ''}:{'' if limit is None else start + int(limit)}]"


def _columns(selected: str, facts: ModelFacts) -> str:
    """Nothing for all columns, ``only()`` for some with the key, else ``values_list()``."""
    found = [re.fullmatch(_COLUMN, part) for part in selected.split(", ")]
    columns = [m["column"] for m in found if m and m["table"] == facts.table]
    if len(columns) != len(found) or not all(column in facts.columns for column in columns):
        raise _NotPlain
    if len(columns) == len(facts.columns):
        return ""
    names = [facts.columns[column] for column in columns]
    method = "only" if facts.pk in names else "values_list"
    listed = [name for name in names if name != facts.pk or method == "values_list"] or [facts.pk]
    return f".{method}({', '.join(map(_quoted, listed))})"
