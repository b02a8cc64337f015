"""How PostgreSQL is asked: in a read-only transaction of its own that is always rolled back.

What keeps the data safe is done by the server, whatever the statement is:

* ``READ ONLY`` refuses writes, row locks and sequences, also inside functions, and cannot be left
  once a statement runs. NOTIFY, temporary tables and SELECT INTO are allowed there; the rollback
  undoes them.
* The extended protocol takes one statement only: nothing can follow ``EXPLAIN`` that would end
  the transaction.
* ``statement_timeout`` and ``lock_timeout`` hold for this transaction, also behind a pooler.

What acts outside of every transaction (ending a backend, an advisory lock, ``dblink``) no server
refuses here. Statements that name such a function are explained without ANALYZE; one that hides
in a function of the project is not seen, but an advisory lock that it takes is released. Planning
alone, too, evaluates IMMUTABLE functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from orm_insight.explain.base import (
    SEVERAL,
    WITHHELD,
    Answer,
    ExplainError,
    Limits,
    NoPlan,
    Refused,
    Statement,
    Unavailable,
    lacks_values,
    lock_timed_out,
    timed_out,
)
from orm_insight.explain.postgresql import explain_prefix, numbered, parse_plan
from orm_insight.explain.text import render
from orm_insight.sql.statement import function_outside_transactions, verb

RESTRICT = """
SELECT set_config('statement_timeout', %s, true),
       set_config('lock_timeout', %s, true),
       set_config('idle_in_transaction_session_timeout', %s, true),
       current_setting('transaction_read_only')
"""
EXPLAINABLE = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE", "EXECUTE"}
)
CONNECT_TIMEOUT_S = 5
PREPARED = "orm_insight_plan"
GENERIC = (
    "A generic plan: the parameters of this query were withheld when it was recorded. With them, "
    "PostgreSQL may choose another plan."
)

_HINTS = {
    "42P01": "It may have been dropped since, or it was a temporary table of the recorded session.",
    "42703": "The table may have been changed since the query was captured.",
    "3F000": "It may have been dropped since the query was captured.",
    "26000": "A prepared statement exists only in the session that prepared it.",
    "40001": "Changes of other transactions, or of the primary on a replica, took precedence; "
    "trying again may help.",
    "34000": "A cursor exists only in the session that declared it.",
}


class PostgresqlSession:
    """Explains over psycopg 3."""

    def adapt_settings(self, settings: dict[str, Any]) -> None:
        """A connection outside of the project's pool, in autocommit, that does not wait forever."""
        settings["AUTOCOMMIT"] = True
        options = settings["OPTIONS"]
        options.pop("pool", None)
        options.setdefault("connect_timeout", CONNECT_TIMEOUT_S)

    def explain(
        self, wrapper: Any, statement: Statement, *, analyze: bool, limits: Limits
    ) -> Answer:
        connection = wrapper.connection
        if not isinstance(connection, psycopg.Connection):
            raise Refused(
                "PostgreSQL is explained through psycopg 3; this project uses another driver."
            )
        if lacks_values(statement.params):
            return _generic(connection, statement, limits)
        notice = why_not_to_run(statement.sql) if analyze else None
        if analyze and notice is None:
            try:
                return _answer(connection, statement, analyze=True, limits=limits)
            except psycopg.Error as error:
                notice = _why_not_run(error, limits)
                if notice is None:
                    raise _explain_error(error, statement, limits) from error
        try:
            return _answer(connection, statement, analyze=False, limits=limits, notice=notice)
        except psycopg.Error as error:
            raise _explain_error(error, statement, limits) from error

    def cancel(self, wrapper: Any) -> None:
        connection = wrapper.connection
        if isinstance(connection, psycopg.Connection):
            connection.cancel_safe(timeout=CONNECT_TIMEOUT_S)


def _generic(connection: psycopg.Connection[Any], statement: Statement, limits: Limits) -> Answer:
    """The plan for any values, where the captured ones were withheld."""
    try:
        payload = json.loads(_ask_generic(connection, statement, limits=limits))
    except psycopg.errors.IndeterminateDatatype as error:
        raise Refused(
            f"PostgreSQL cannot determine the types of its parameters. {WITHHELD}"
        ) from error
    except psycopg.Error as error:
        raise _explain_error(error, statement, limits) from error
    return Answer(plan=parse_plan(payload), text=render(payload), payload=payload, notice=GENERIC)


def _ask_generic(
    connection: psycopg.Connection[Any], statement: Statement, *, limits: Limits
) -> bytes:
    """Prepare the statement and explain it; its values are asked for only when it is executed.

    Behind a pooler a prepared statement outlives the connection, so it is taken away.
    """
    text, count = numbered(statement.sql)
    values = f"({', '.join(['NULL'] * count)})" if count else ""
    connection.read_only = True
    cursor = psycopg.Cursor(connection)
    with connection.transaction(force_rollback=True):
        restrict(connection, limits)
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        prepare = f"PREPARE {PREPARED} AS {text}".encode()
        cursor.execute(prepare, prepare=False, binary=True)
        try:
            with connection.transaction():
                execute = f"{explain_prefix(analyze=False)}EXECUTE {PREPARED} {values}"
                cursor.execute(execute.encode(), prepare=False, binary=True)
                result = cursor.pgresult
                return (result.get_value(0, 0) if result else None) or b"[]"
        finally:
            psycopg.Cursor(connection).execute(f"DEALLOCATE {PREPARED}".encode())


def why_not_to_run(sql: str) -> str | None:
    if function := function_outside_transactions(sql):
        return (
            f"Not executed: {function}() takes effect immediately, and a rollback does not undo it."
        )
    if verb(sql) == "CREATE":
        return "Not executed: it would create a table."
    return None


def _why_not_run(error: psycopg.Error, limits: Limits) -> str | None:
    """Why it did not run to its end, where it has a plan all the same."""
    message = message_of(error)
    if "during recovery" in message:
        return f"Not executed: this server is a replica and rejects it: {message}."
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return f"Not executed: it would change data or lock rows: {message}."
    if isinstance(error, psycopg.errors.QueryCanceled):
        return f"Not completed: {timed_out('PostgreSQL', limits, verb='cancelled')}"
    return None


def _answer(
    connection: psycopg.Connection[Any],
    statement: Statement,
    *,
    analyze: bool,
    limits: Limits,
    notice: str | None = None,
) -> Answer:
    payload = json.loads(ask(connection, statement, analyze=analyze, limits=limits))
    if payload == []:
        raise NoPlan("A rule rewrites this statement to nothing, so there is no plan.")
    plan = parse_plan(payload)
    return Answer(plan=plan, text=render(payload), payload=payload, analyzed=analyze, notice=notice)


def ask(
    connection: psycopg.Connection[Any], statement: Statement, *, analyze: bool, limits: Limits
) -> bytes:
    """The JSON of one EXPLAIN in a read-only transaction of its own."""
    connection.read_only = True
    with connection.transaction(force_rollback=True):
        restrict(connection, limits)
        return fetch_plan(connection, statement, analyze=analyze)


def fetch_plan(
    connection: psycopg.Connection[Any], statement: Statement, *, analyze: bool
) -> bytes:
    """The JSON of one EXPLAIN, sent in the binding mode in which the project sends its queries.

    The caller has opened the transaction and sees to it that it is read-only.
    """
    sql, params = bind(connection, statement)
    cursor = psycopg.Cursor(connection)
    with released(connection) if analyze else nullcontext():
        # Binary results force the extended protocol, which refuses a second statement.
        cursor.execute(
            explain_prefix(analyze=analyze).encode() + sql, params, prepare=False, binary=True
        )
    result = cursor.pgresult
    return (result.get_value(0, 0) if result else None) or b"[]"


def bind(connection: psycopg.Connection[Any], statement: Statement) -> tuple[bytes, Any]:
    """Django merges parameters on the client unless told otherwise; a plan depends on that."""
    sql = statement.sql.encode()
    if statement.params is None:
        return sql, None
    if issubclass(connection.cursor_factory, psycopg.ClientCursor):
        cursor = psycopg.ClientCursor(connection)
        return cursor.mogrify(sql, statement.params).encode(), None
    return sql, statement.params


def restrict(connection: psycopg.Connection[Any], limits: Limits) -> None:
    if not set_limits(connection, limits):
        raise Refused("The server did not start a read-only transaction, so nothing was explained.")


def set_limits(connection: psycopg.Connection[Any], limits: Limits) -> bool:
    """Bound the time of this transaction; whether it is read-only."""
    statement, lock = f"{limits.statement_ms}ms", f"{limits.lock_ms}ms"
    cursor = psycopg.Cursor(connection, row_factory=tuple_row)
    row = cursor.execute(RESTRICT, [statement, lock, statement]).fetchone()
    return row is not None and row[-1] == "on"


def message_of(error: psycopg.Error) -> str:
    lines = (error.diag.message_primary or str(error)).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _explain_error(error: psycopg.Error, statement: Statement, limits: Limits) -> ExplainError:
    state, message = error.sqlstate or "", message_of(error)
    if state == "42601":
        return _syntax_error(error, statement.sql, message)
    if state == "57014":
        return timed_out("PostgreSQL", limits, verb="cancelled")
    if state == "55P03":
        return lock_timed_out(limits)
    if state.startswith(("08", "57P")) or (
        not state and isinstance(error, psycopg.OperationalError)
    ):
        return Unavailable(f"The connection to the database broke: {message}.")
    hint = f" {_HINTS[state]}" if state in _HINTS else ""
    return ExplainError(f"PostgreSQL says: {message}.{hint}" if state else f"{message}.")


def _syntax_error(error: psycopg.Error, sql: str, message: str) -> ExplainError:
    # A mistake in the text has a position; a second statement, found later, has none.
    if error.diag.statement_position is None:
        return Refused(SEVERAL)
    if verb(sql) not in EXPLAINABLE:
        return Refused(f"PostgreSQL has no plan for {verb(sql)} statements.")
    return ExplainError(f"PostgreSQL says: {message}.")


# Advisory locks that a measured statement takes by a function of the project.
#
# Such a lock belongs to the session: a rollback leaves it, and behind a pooler the session lives on
# and serves somebody else. So it is released within the transaction that took it.

HELD = """
SELECT count(*) FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid()
"""


@contextmanager
def released(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The block's own locks end with it; those that the session had before are left alone.

    A savepoint keeps the transaction usable where the block fails.
    """
    had_locks = _has_locks(connection)
    try:
        with connection.transaction():
            yield
    finally:
        if not had_locks and not connection.closed and _has_locks(connection):
            psycopg.Cursor(connection).execute("SELECT pg_catalog.pg_advisory_unlock_all()")


def _has_locks(connection: psycopg.Connection[Any]) -> bool:
    row = psycopg.Cursor(connection).execute(HELD).fetchone()
    return row is not None and row[0] > 0
