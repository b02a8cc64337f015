"""Puts literals into a statement in place of its placeholders, as the drivers read them.

``%s`` and ``%(name)s`` stand for values and ``%%`` for a percent sign, wherever they are: drivers
do not look whether they are in a string. What a value is as a literal, the caller knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from orm_insight.model.trace import Params

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
