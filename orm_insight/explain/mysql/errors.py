"""What MariaDB and MySQL say when they refuse, by number, in the words of the page."""

from __future__ import annotations

from orm_insight.explain.base import (
    ExplainError,
    Limits,
    Refused,
    Statement,
    Unavailable,
    describe_ms,
)
from orm_insight.sql.statement import looks_like_several

READ_ONLY = 1792
TIMED_OUT = frozenset({1969, 3024})
"""``max_statement_time`` of MariaDB, ``max_execution_time`` of MySQL."""
NOT_SUPPORTED = frozenset({1235})
_LOCK_TIMEOUT = 1205
_SYNTAX = 1064
_BROKEN = frozenset({1927, 2002, 2003, 2006, 2013, 2055, 4031})
_HINTS = {
    1146: "It may have been dropped since, or was a temporary table of the captured session.",
    1054: "The table may have been changed since the query was captured.",
    1049: "The database may have been dropped since the query was captured.",
    1345: "To explain a view, the user needs the right SHOW VIEW and rights on its tables.",
}


def number_of(error: Exception) -> int:
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else 0


def explain_error(
    error: Exception, statement: Statement, limits: Limits, server: str
) -> ExplainError:
    number, message = number_of(error), _message(error)
    if number == _SYNTAX and looks_like_several(statement.sql):
        return Refused("More than one statement was sent at once; only a single one has a plan.")
    if number in TIMED_OUT:
        return ExplainError(
            f"{server} ended it after {describe_ms(limits.statement_ms)}, "
            "the time that it was given."
        )
    if number == _LOCK_TIMEOUT:
        return ExplainError(
            f"It waited longer than {describe_ms(limits.lock_ms)} for a lock that another "
            "transaction holds, and gave up."
        )
    if number in _BROKEN:
        return Unavailable(f"The connection to the database broke: {message}.")
    hint = f" {_HINTS[number]}" if number in _HINTS else ""
    return ExplainError(f"{server} says: {message}.{hint}" if number else f"{message}.")


def _message(error: Exception) -> str:
    text = str(error.args[1] if len(error.args) > 1 else error)
    lines = text.strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
