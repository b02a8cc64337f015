"""The whole text: variables to fill in, the statement with its values, a semicolon."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.module_loading import import_string
from markupsafe import Markup

from orm_insight.explain.base import values
from orm_insight.model.trace import Query, Redacted
from orm_insight.sql.binding import BindingError, TooLong, bound
from orm_insight.sql.columns import columns_of_placeholders
from orm_insight.sql.statement import is_empty
from orm_insight.sql.tokens import Kind, tokenize
from orm_insight.ui.copy_contexts import Copies, Runnable
from orm_insight.ui.format import counted
from orm_insight.ui.runnable.dialect import Dialect, NoLiteral
from orm_insight.ui.sql import highlighted
from orm_insight.ui.sql_layout import laid_out

MAX_CHARACTERS = 100_000

# By name: a driver is imported only where the project uses it.
_DIALECTS = {
    "mysql": "orm_insight.ui.runnable.mysql.Mysql",
    "postgresql": "orm_insight.ui.runnable.postgresql.Psql",
    "sqlite": "orm_insight.ui.runnable.sqlite.Sqlite3",
}
NO_DRIVER = "Not for psql: psycopg 3, which writes the values, is not installed."
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
        return Copies(why_not=f"Not for {dialect.shell}: {reason}")
    try:
        return Copies(runnable=_runnable(query, dialect))
    except TooLong:
        reason = f"with its values it is longer than {MAX_CHARACTERS:,} characters."
    except BindingError as error:
        reason = f"{error}."
    except NoLiteral as error:
        reason = f"a value cannot be written: {str(error).rstrip('.')}."
    return Copies(why_not=f"Not for {dialect.shell}: {reason}")


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
    """Laid out, and ended by one semicolon, also behind a comment to the end of the line."""
    tokens = list(laid_out(tokenize(statement.strip().rstrip(";").rstrip())))
    return highlighted((*tokens, *_end(tokens)))


def _end(tokens: list[Any]) -> Iterator[tuple[Kind, str]]:
    kind, text = tokens[-1] if tokens else (Kind.SPACE, "")
    if kind is Kind.COMMENT and text.startswith("--"):
        yield Kind.SPACE, "\n"
    yield Kind.PUNCTUATION, ";"
