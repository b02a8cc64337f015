"""Literals for the shell of MySQL and MariaDB, with the default ``sql_mode``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from orm_insight.ui.runnable.dialect import NoLiteral, commented

# Quotes are doubled: with \' a reader of standard SQL would lose its place.
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "''", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z"}
)


class Mysql:
    """The shells ``mysql`` and ``mariadb``."""

    shell = "mysql"

    def literal(self, value: Any) -> str:
        if value is None:
            return "NULL"
        for kind, write in _WRITERS:
            if isinstance(value, kind):
                return write(value)
        raise NoLiteral(f"a {type(value).__name__} has no literal")

    def variable(self, name: str) -> str:
        return f"@{name}"

    def declarations(self, names: Iterable[tuple[str, str]]) -> str:
        return "".join(f"{commented(name, column)}\nSET @{name} = '';\n" for name, column in names)

    def why_not(self, sql: str) -> str:
        return ""


def _number(value: float | Decimal) -> str:
    if not math.isfinite(value):
        raise NoLiteral(f"MySQL has no {value}")
    text = str(value) if isinstance(value, Decimal) else float.__repr__(value)
    return text if isinstance(value, Decimal) or "e" in text else f"{text}e0"


def _clock(value: timedelta) -> str:
    sign, value = ("-", -value) if value < timedelta(0) else ("", value)
    hours, rest = divmod(value, timedelta(hours=1))
    minutes, seconds = divmod(rest, timedelta(minutes=1))
    return f"{sign}{hours:02}:{minutes:02}:{seconds.seconds:02}.{seconds.microseconds:06}"


# In this order: a truth value is a number too, a moment a date.
_WRITERS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (bool, lambda value: "TRUE" if value else "FALSE"),
    (int, int.__repr__),
    (float | Decimal, _number),
    (bytes | bytearray | memoryview, lambda value: f"_binary X'{bytes(value).hex()}'"),
    (timedelta, lambda value: f"'{_clock(value)}'"),
    (datetime, lambda value: f"'{value.replace(tzinfo=None).isoformat(' ')}'"),
    (date | time, lambda value: f"'{value.isoformat()}'"),
    (str, lambda value: f"'{value.translate(_ESCAPES)}'"),
)
