"""How SQLite is asked. ``EXPLAIN QUERY PLAN`` compiles a statement and never runs it.

The connection refuses to write all the same, and refuses PRAGMA and ATTACH, some of which act
while they are compiled.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from orm_insight.explain.base import (
    Answer,
    ExplainError,
    Limits,
    NoPlan,
    Refused,
    Statement,
    Unavailable,
)
from orm_insight.explain.sqlite import PREFIX, parse_query_plan, render_query_plan
from orm_insight.sql.statement import looks_like_several, verb

NO_ANALYZE = "Not executed: SQLite tells how it would proceed, and measures nothing."
FORBIDDEN = frozenset({sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})
EXPLAINABLE = frozenset({"SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "VALUES"})


class SqliteSession:
    """Explains over the standard library's driver, with the functions that Django registers."""

    def adapt_settings(self, settings: dict[str, Any]) -> None:
        """The same database, which must exist: a file that is gone is not created again."""
        name = str(settings["NAME"])
        is_in_memory = ":memory:" in name or "mode=memory" in name
        if not name or (is_in_memory and "cache=shared" not in name):
            raise Refused(
                "This SQLite database lives in the memory of the connection that made it, "
                "and EXPLAIN uses a connection of its own."
            )
        if not name.startswith("file:"):
            settings["NAME"] = f"{Path(name).absolute().as_uri()}?mode=rw"
        settings["AUTOCOMMIT"] = True

    def explain(
        self, wrapper: Any, statement: Statement, *, analyze: bool, limits: Limits
    ) -> Answer:
        _restrict(wrapper.connection, limits)
        cursor = wrapper.create_cursor()
        try:
            cursor.execute(PREFIX + statement.sql, statement.params)
            rows = cursor.fetchall()
        except sqlite3.Error as error:
            raise _explain_error(error, statement) from error
        finally:
            cursor.close()
        if not rows and verb(statement.sql) not in EXPLAINABLE:
            raise NoPlan(f"SQLite has no plan for {verb(statement.sql)} statements.")
        plan = parse_query_plan(rows)
        return Answer(
            plan=plan,
            text=render_query_plan(plan),
            payload=[node.raw for node in plan.nodes() if node.raw],
            notice=NO_ANALYZE if analyze else None,
        )


def _restrict(connection: sqlite3.Connection, limits: Limits) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA busy_timeout = {limits.lock_ms:d}")
    connection.set_authorizer(_authorize)


def _authorize(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action in FORBIDDEN else sqlite3.SQLITE_OK


def _explain_error(error: sqlite3.Error, statement: Statement) -> ExplainError:
    message = str(error).rstrip(".")
    if verb(statement.sql) not in EXPLAINABLE:
        return Refused(f"SQLite has no plan for {verb(statement.sql)} statements.")
    if looks_like_several(statement.sql) and isinstance(error, sqlite3.ProgrammingError):
        return Refused("More than one statement was sent at once; only a single one has a plan.")
    if isinstance(error, sqlite3.OperationalError) and "unable to open" in message:
        return Unavailable(f"The database file cannot be opened: {message}.")
    return ExplainError(f"SQLite says: {message}.")
