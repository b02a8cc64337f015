"""Literals for the shell of SQLite, written by SQLite's own ``quote()``, adapters included."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from orm_insight.ui.runnable.dialect import NoLiteral, commented

# Functions that Django adds to each of its connections and that no build of the shell has.
_OF_DJANGO = re.compile(
    r"\b(django_\w+|BITXOR|COT|LPAD|MD5|REPEAT|REVERSE|RPAD|SHA1|SHA224|SHA256|SHA384|SHA512"
    r"|RAND|STDDEV_POP|STDDEV_SAMP|VAR_POP|VAR_SAMP|ANY_VALUE|BIT_AND|BIT_OR|BIT_XOR|UUIDV[47])\s*\(",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class Sqlite3:
    """The shell ``sqlite3``."""

    shell = "sqlite3"

    def literal(self, value: Any) -> str:
        if isinstance(value, float) and math.isinf(value):
            return "9e999" if value > 0 else "-9e999"
        if isinstance(value, str):
            return _text(value)
        try:
            with closing(sqlite3.connect(":memory:")) as connection:
                quoted = connection.execute("SELECT quote(?)", (value,)).fetchone()[0]
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise NoLiteral(str(error)) from error
        return str(quoted)

    def variable(self, name: str) -> str:
        return f":{name}"

    def declarations(self, names: Iterable[tuple[str, str]]) -> str:
        lines = (
            f"{commented(name, column)}\n.parameter set :{name} \"''\"\n" for name, column in names
        )
        return "".join(lines)

    def why_not(self, sql: str) -> str:
        found = _OF_DJANGO.search(_QUOTED.sub("''", sql))
        if found is None:
            return ""
        return f"{found[1]}() is a function that Django adds to SQLite: the shell does not know it."


def _text(value: str) -> str:
    """A text of SQL ends at NUL, a blob does not."""
    try:
        encoded = value.encode()
    except UnicodeEncodeError as error:
        raise NoLiteral("it holds half a character") from error
    if "\0" in value:
        return f"CAST(X'{encoded.hex()}' AS TEXT)"
    doubled = value.replace("'", "''")
    return f"'{doubled}'"
