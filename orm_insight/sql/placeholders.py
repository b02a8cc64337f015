"""Placeholders of a statement: the column of each, and literals in place of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from orm_insight.model.trace import Params
from orm_insight.sql.tokens import Kind, Token, bare, without_space, words

_NO_COLUMNS = words(
    "AND OR NOT IN LIKE ILIKE SIMILAR TO BETWEEN IS NULL TRUE FALSE ANY ALL SOME ESCAPE CASE WHEN "
    "END AS DISTINCT GLOB REGEXP RLIKE BINARY COLLATE ARRAY ROW CAST DATE TIME TIMESTAMP INTERVAL "
    "INTEGER INT BIGINT SMALLINT TEXT VARCHAR BOOLEAN NUMERIC REAL UUID JSONB JSON BYTEA INET "
    "SIGNED UNSIGNED CHAR"
)
_CLAUSES = words(
    "SELECT FROM WHERE HAVING LIMIT OFFSET FETCH ORDER GROUP BY ON USING RETURNING UNION "
    "EXCEPT INTERSECT WITH JOIN UPDATE DELETE SET"
)


def columns_of_placeholders(sql: str) -> tuple[str | None, ...]:
    """The bare name of each placeholder's column, or ``None`` if it cannot be told."""
    tokens = without_space(sql)
    if tokens and tokens[0][1].upper() in ("INSERT", "REPLACE"):
        return tuple(_of_insert(tokens))
    return tuple(_of_other(tokens))


def _of_other(tokens: list[Token]) -> Iterator[str | None]:
    """The column named last before the placeholder; a CASE's result belongs to SET's target."""
    column: str | None = None
    target: str | None = None
    is_set = False
    depth = 0
    for i, token in enumerate(tokens):
        kind, text = token
        word = text.upper() if kind is Kind.WORD else ""
        if kind is Kind.PLACEHOLDER:
            yield column
        elif kind is Kind.PUNCTUATION:
            depth += (text == "(") - (text == ")")
        elif word in ("THEN", "ELSE"):
            column = target
        elif word in _CLAUSES:
            is_set = word == "SET"
            column = None
        elif _is_column(tokens, i, word):
            column = bare(text)
            if is_set and depth == 0 and _text(tokens, i + 1) == "=":
                target = column


def _is_column(tokens: list[Token], i: int, word: str) -> bool:
    kind = tokens[i][0]
    if kind not in (Kind.WORD, Kind.NAME) or word in _NO_COLUMNS:
        return False
    return _text(tokens, i + 1) not in ("(", ".") and _text(tokens, i - 1) != "::"


def _of_insert(tokens: list[Token]) -> Iterator[str | None]:
    """A value takes its column from its place in the row, or in the arguments of UNNEST."""
    columns: list[str] = []
    depth, place, is_values = 0, 0, False
    for i, (kind, text) in enumerate(tokens):
        if kind is Kind.WORD and text.upper() in ("VALUES", "UNNEST"):
            is_values, depth = True, 0
        elif text == "(":
            depth += 1
            place = 0 if depth == 1 else place
        elif text == ")":
            depth -= 1
        elif text == "," and depth == 1:
            place += 1
        elif kind is Kind.PLACEHOLDER:
            yield columns[place] if is_values and depth and place < len(columns) else None
        elif not is_values and depth == 1 and _is_column(tokens, i, text.upper()):
            columns.append(bare(text))


def _text(tokens: list[Token], i: int) -> str:
    return tokens[i][1] if 0 <= i < len(tokens) else ""


# -- literals in place of placeholders, as the drivers read them ------------------------------
#
# ``%s`` and ``%(name)s`` stand for values and ``%%`` for a percent sign, wherever they are: drivers
# do not look whether they are in a string. The caller knows the literal of a value.

_PLACEHOLDER = re.compile(r"%(?:(?P<percent>%)|(?:\((?P<name>[^)]*)\))?[sbt])")
_SEPARATES = frozenset(" \t\r\n(,=")

Literal = Callable[[str, Any], str]
"""The literal of a value; the name is its key, or ``p`` and its position from 1."""


class BindingError(Exception):
    """The parameters do not fit the placeholders."""


class TooLong(BindingError):
    """The text would be longer than asked for."""


def bound(sql: str, params: Params, literal: Literal, *, limit: int) -> str:
    """The statement with its values. Without parameters a percent sign is nothing but itself."""
    if params is None:
        return sql
    pieces: list[str] = []
    size = position = used = 0
    for match in _PLACEHOLDER.finditer(sql):
        pieces.append(sql[position : match.start()])
        position = match.end()
        if match["percent"]:
            pieces.append("%")
        else:
            text = literal(*_value(params, match["name"], used))
            used += match["name"] is None
            is_apart = sql[match.start() - 1 : match.start()] in _SEPARATES
            pieces.append(text.lstrip() if is_apart else text)
        size += len(pieces[-1]) + len(pieces[-2])
        if size > limit:
            raise TooLong
    if not isinstance(params, Mapping) and used != len(params):
        raise BindingError(f"{used} placeholders for {len(params)} parameters")
    return "".join((*pieces, sql[position:]))


def _value(params: Any, name: str | None, position: int) -> tuple[str, Any]:
    try:
        if name is not None:
            return name, params[name]
        return f"p{position + 1}", params[position]
    except (LookupError, TypeError) as error:
        what = f"{position + 1}" if name is None else repr(name)
        raise BindingError(f"there is no parameter {what}") from error
