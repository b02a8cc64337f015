"""The whole text: variables to fill in, the statement with its values, a semicolon."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any, Protocol

from django.db.backends.postgresql.psycopg_any import DjangoRangeDumper
from django.utils.module_loading import import_string
from markupsafe import Markup
from psycopg import Error, adapters, sql
from psycopg.adapt import AdaptersMap
from psycopg.types.range import Range
from psycopg.types.string import BytesDumper

from orm_insight.explain.base import values
from orm_insight.model.trace import Query, Redacted
from orm_insight.sql.layout import laid_out
from orm_insight.sql.placeholders import BindingError, TooLong, bound, columns_of_placeholders
from orm_insight.sql.statement import is_empty
from orm_insight.sql.tokens import Kind, tokenize
from orm_insight.ui.components import Copies, Runnable
from orm_insight.ui.format import counted
from orm_insight.ui.sql import highlighted

# The shell of a vendor: its literals and its variables.


class NoLiteral(Exception):
    """The value cannot be written in this database's SQL; the text says why."""


class Dialect(Protocol):
    """One shell. Raises ``NoLiteral`` for a value that it cannot write."""

    shell: str

    def literal(self, value: Any) -> str: ...

    def variable(self, name: str) -> str:
        """How the statement names a variable, used as a value."""

    def declarations(self, names: Iterable[tuple[str, str]]) -> str:
        """Lines that give the variables a value to be filled in; each with its column, if known."""

    def why_not(self, sql: str) -> str:
        """Return the reason why the shell cannot run this statement; empty where it can."""


def commented(name: str, column: str) -> str:
    return f"-- {name}: {column}" if column else f"-- {name}"


# Literals for the shell of MySQL and MariaDB, with the default ``sql_mode``.

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


# Literals for psql, written by psycopg as it would bind them itself, without a connection.

_COPY_IN = re.compile(r"\s*COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)


class _HexDumper(BytesDumper):
    """Writes hexadecimal digits: psycopg's own escaping depends on connections made before."""

    def dump(self, obj: Any) -> bytes:
        return rb"\x" + bytes(obj).hex().encode()

    def quote(self, obj: Any) -> bytes:
        return b"'" + self.dump(obj) + b"'::bytea"


@cache
def _context() -> Any:
    """Django's ways with ranges, and bytes as hexadecimal digits."""
    known = AdaptersMap(adapters)
    known.register_dumper(Range, DjangoRangeDumper)
    for kind in (bytes, bytearray, memoryview):
        known.register_dumper(kind, _HexDumper)
    return SimpleNamespace(adapters=known, connection=None)


class Psql:
    """The shell of PostgreSQL."""

    shell = "psql"

    def literal(self, value: Any) -> str:
        try:
            return sql.Literal(value).as_bytes(_context()).decode()
        except (Error, TypeError, ValueError) as error:
            raise NoLiteral(str(error)) from error

    def variable(self, name: str) -> str:
        return f":'{name}'"

    def declarations(self, names: Iterable[tuple[str, str]]) -> str:
        return "".join(f"{commented(name, column)}\n\\set {name} ''\n" for name, column in names)

    def why_not(self, sql: str) -> str:
        return "COPY reads rows that were not recorded." if _COPY_IN.match(sql) else ""


# Literals for the shell of SQLite, written by SQLite's own ``quote()``, adapters included.

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
            return _sqlite_text(value)
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
        return f"{found[1]}() is a function that Django adds to SQLite; the shell does not have it."


def _sqlite_text(value: str) -> str:
    """A text of SQL ends at NUL, a blob does not."""
    try:
        encoded = value.encode()
    except UnicodeEncodeError as error:
        raise NoLiteral("it holds half a character") from error
    if "\0" in value:
        return f"CAST(X'{encoded.hex()}' AS TEXT)"
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


MAX_CHARACTERS = 100_000

# By name: a driver is imported only where the project uses it.
_DIALECTS = {
    "mysql": "orm_insight.ui.runnable.Mysql",
    "postgresql": "orm_insight.ui.runnable.Psql",
    "sqlite": "orm_insight.ui.runnable.Sqlite3",
}
NO_DRIVER = "Not available for psql: psycopg 3, which writes the values, is not installed."
_NOT_IN_NAMES = re.compile(r"\W", re.ASCII)


def runnable(query: Query) -> Copies:
    """Nothing at all where the vendor's shell is not known here."""
    if query.vendor not in _DIALECTS or is_empty(str(query.sql)):
        return Copies()
    try:
        dialect: Dialect = import_string(_DIALECTS[query.vendor])()
    except ImportError:
        return Copies(why_not=NO_DRIVER)
    if reason := dialect.why_not(str(query.sql)):
        return Copies(why_not=f"Not available for {dialect.shell}: {reason}")
    try:
        return Copies(runnable=_runnable(query, dialect))
    except TooLong:
        reason = f"with its values, it is longer than {MAX_CHARACTERS:,} characters."
    except BindingError as error:
        reason = f"{error}."
    except NoLiteral as error:
        reason = f"a value cannot be written: {str(error).rstrip('.')}."
    return Copies(why_not=f"Not available for {dialect.shell}: {reason}")


def _runnable(query: Query, dialect: Dialect) -> Runnable:
    variables: dict[str, None] = {}

    def literal(name: str, value: Any) -> str:
        if any(isinstance(each, Redacted) for each in values([value])):
            variables[_variable(name)] = None
            return dialect.variable(_variable(name))
        if isinstance(value, str | bytes | bytearray | memoryview) and len(value) > MAX_CHARACTERS:
            raise TooLong
        return _literal(dialect, value)

    if len(str(query.sql)) > MAX_CHARACTERS:
        raise TooLong
    statement = bound(_text(query.sql), query.params, literal, limit=MAX_CHARACTERS)
    filled = dialect.declarations((name, _column(query, name)) for name in variables)
    batch = _batch(query)
    before = filled + batch
    comment = Markup('<span class="oi-sql-c">{}</span>') if before else Markup("{}")
    return Runnable(
        shell=dialect.shell,
        markup=comment.format(before) + _highlighted(statement),
        note=_note(len(variables)),
    )


def _literal(dialect: Dialect, value: Any) -> str:
    """Adapters of the application may raise whatever they like."""
    try:
        return dialect.literal(value)
    except NoLiteral:
        raise
    except Exception as error:
        raise NoLiteral(f"{type(error).__name__}: {error}") from error


def _text(sql: Any) -> str:
    """psycopg's composed SQL becomes text without a connection, too."""
    return str(sql.as_string(None)) if hasattr(sql, "as_string") else str(sql)


def _variable(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name)


def _column(query: Query, name: str) -> str:
    """The column that a withheld value belongs to, as far as the statement tells."""
    if isinstance(query.params, Mapping):
        return ""
    columns = columns_of_placeholders(str(query.sql))
    position = int(name.removeprefix("p")) - 1
    return (columns[position] or "") if position < len(columns) else ""


def _batch(query: Query) -> str:
    if query.batch_size is None or query.batch_size < 2:
        return ""
    return f"-- The first of {counted(query.batch_size, 'set', 'sets')} of parameters.\n"


def _note(withheld: int) -> str:
    if not withheld:
        return ""
    return f"{counted(withheld, 'value was', 'values were')} withheld: fill in on top."


def _highlighted(statement: str) -> Markup:
    """Laid out, and ended by one semicolon, also after a comment to the end of the line."""
    tokens = list(laid_out(tokenize(statement.strip().rstrip(";").rstrip())))
    return highlighted((*tokens, *_end(tokens)))


def _end(tokens: list[Any]) -> Iterator[tuple[Kind, str]]:
    kind, text = tokens[-1] if tokens else (Kind.SPACE, "")
    if kind is Kind.COMMENT and text.startswith("--"):
        yield Kind.SPACE, "\n"
    yield Kind.PUNCTUATION, ";"
