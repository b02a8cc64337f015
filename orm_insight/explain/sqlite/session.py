"""How SQLite is asked. ``EXPLAIN QUERY PLAN`` compiles a statement and never runs it.

The connection refuses to write all the same, and refuses PRAGMA and ATTACH, some of which act
while they are compiled.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
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
from orm_insight.explain.sqlite.findings import LARGE, find
from orm_insight.explain.sqlite.plans import PREFIX, parse_query_plan, render_query_plan
from orm_insight.sql.statement import looks_like_several, verb

NO_ANALYZE = "Not executed: SQLite tells how it would proceed, and measures nothing."
FORBIDDEN = frozenset({sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})
# These only read; the others are refused.
READ_ONLY_PRAGMAS = frozenset({"index_list", "index_info", "table_info"})
IS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
LEADING_COLUMNS = """
SELECT i.name FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i
WHERE i.seqno = 0 AND i.name IS NOT NULL AND NOT l.partial
"""
PRIMARY_KEY = "SELECT name FROM pragma_table_info(?) WHERE pk > 0"
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
        tables = SqliteTables(wrapper.connection)
        plan = replace(plan, findings=find(plan, statement.sql, tables))
        return Answer(
            plan=plan,
            text=render_query_plan(plan),
            payload=[node.raw for node in plan.nodes() if node.raw],
            notice=NO_ANALYZE if analyze else None,
        )

    def cancel(self, wrapper: Any) -> None:
        wrapper.connection.interrupt()


class SqliteTables:
    """What is asked about tables: cheap questions, each once. No answer is no table."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[str, int | None] = {}

    def rows(self, table: str) -> int | None:
        if table not in self._rows:
            self._rows[table] = self._count(table)
        return self._rows[table]

    def primary_key(self, table: str) -> frozenset[str]:
        return self._columns(PRIMARY_KEY, table)

    def leading_columns(self, table: str) -> frozenset[str]:
        return self._columns(LEADING_COLUMNS, table)

    def _columns(self, sql: str, table: str) -> frozenset[str]:
        return frozenset(str(column).lower() for (column,) in self._ask(sql, table))

    def _count(self, table: str) -> int | None:
        if not self._ask(IS_TABLE, table):
            return None
        name = table.replace('"', '""')
        found = self._ask(f'SELECT count(*) FROM (SELECT 1 FROM "{name}" LIMIT {LARGE})')
        return int(found[0][0]) if found else None

    def _ask(self, sql: str, *params: str) -> list[Any]:
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error:
            return []


def _restrict(connection: sqlite3.Connection, limits: Limits) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA busy_timeout = {limits.lock_ms:d}")
    connection.set_authorizer(_authorize)


def _authorize(action: int, name: str | None, *_: object) -> int:
    if action == sqlite3.SQLITE_PRAGMA and name in READ_ONLY_PRAGMAS:
        return sqlite3.SQLITE_OK
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
