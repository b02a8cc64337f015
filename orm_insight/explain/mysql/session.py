"""How MariaDB and MySQL are asked: in a read-only transaction of their own, always rolled back.

What keeps the data safe:

* ``READ ONLY``, also for the session: the server refuses writes to tables of every engine, to
  sequences and, in MariaDB, row locks, also inside functions.
* Only statements that read are measured; MySQL would run a joined UPDATE. What acts outside of
  every transaction is told by its text and held back: ``INTO OUTFILE``, ``GET_LOCK()`` and the
  like. One that hides in a function of the project is not seen.
* One statement only: the driver's switch for several is turned off, and where that fails, nothing
  with a semicolon inside is sent.

The server refuses even a plain EXPLAIN of a write in a read-only transaction, so that one is asked
for in a transaction that may write and is rolled back. Planning evaluates deterministic functions
and sequences, so it is not asked for where the statement may reach one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orm_insight.explain.base import (
    Answer,
    Limits,
    NoPlan,
    Refused,
    Statement,
    describe_ms,
)
from orm_insight.explain.mysql.errors import (
    NOT_SUPPORTED,
    READ_ONLY,
    TIMED_OUT,
    explain_error,
    number_of,
)
from orm_insight.explain.mysql.findings import find
from orm_insight.explain.mysql.guard import is_single, names_any, only_reads, why_not_to_run
from orm_insight.explain.mysql.plans import MARIADB, MYSQL, Dialect, decode, parse_plan, render
from orm_insight.sql.filters import find_filters
from orm_insight.sql.statement import verb

CONNECT_TIMEOUT_S = 5
EXPLAINABLE = frozenset(
    {"SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "VALUES", "TABLE"}
)
_SEVERAL_OFF = 1
"""``MYSQL_OPTION_MULTI_STATEMENTS_OFF`` of the protocol."""
_REACHABLE = """
SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_TYPE <> 'PROCEDURE'
UNION SELECT TABLE_NAME FROM information_schema.VIEWS
WHERE TABLE_SCHEMA NOT IN ('sys', 'information_schema', 'performance_schema', 'mysql')
"""


class MysqlSession:
    """Explains over mysqlclient, or what stands in for it."""

    def __init__(self) -> None:
        self._number: int | None = None
        """By which the server knows the connection."""

    def adapt_settings(self, settings: dict[str, Any]) -> None:
        """In autocommit, outside of any pool, with an end to the waiting for the server."""
        settings["AUTOCOMMIT"] = True
        settings["OPTIONS"].setdefault("connect_timeout", CONNECT_TIMEOUT_S)

    def cancel(self, wrapper: Any) -> None:
        """``KILL QUERY`` over another connection: this one is busy, and must not be touched."""
        if self._number is None:
            return
        other = wrapper.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {self._number:d}")
        finally:
            other.close()

    def explain(
        self, wrapper: Any, statement: Statement, *, analyze: bool, limits: Limits
    ) -> Answer:
        self._number = int(wrapper.connection.thread_id())
        dialect = MARIADB if wrapper.mysql_is_mariadb else MYSQL
        conversation = _Conversation(wrapper, dialect, limits)
        try:
            return conversation.explain(statement, analyze=analyze)
        except wrapper.Database.Error as error:
            raise explain_error(error, statement, limits, dialect.server) from error


class _Conversation:
    """All that is said about one statement over one connection."""

    def __init__(self, wrapper: Any, dialect: Dialect, limits: Limits) -> None:
        self._connection = wrapper.connection
        self._errors = wrapper.Database.Error
        self._dialect = dialect
        self._limits = limits

    def explain(self, statement: Statement, *, analyze: bool) -> Answer:
        if verb(statement.sql) not in EXPLAINABLE:
            raise Refused(
                f"{self._dialect.server} has no plan for {verb(statement.sql)} statements."
            )
        if self._takes_several() and not is_single(statement.sql):
            raise Refused("More than one statement was sent at once; only a single one has a plan.")
        notice = why_not_to_run(statement.sql) if analyze else None
        if analyze and notice is None:
            try:
                return self._answer(statement, self._dialect.analyze)
            except self._errors as error:
                notice = self._why_not_run(error)
        return replace(self._plain(statement), notice=notice)

    def _why_not_run(self, error: Exception) -> str:
        number = number_of(error)
        if number == READ_ONLY:
            return "Not executed, it would change data or lock rows in a read-only transaction."
        if number in TIMED_OUT:
            return (
                f"Not executed to its end: {self._dialect.server} ended it after "
                f"{describe_ms(self._limits.statement_ms)}, the time that it was given."
            )
        if number in NOT_SUPPORTED:
            return f"Not executed: this {self._dialect.server} cannot measure it."
        raise error

    def _plain(self, statement: Statement) -> Answer:
        try:
            return self._answer(statement, self._dialect.explain)
        except self._errors as error:
            if number_of(error) != READ_ONLY:
                raise
        if only_reads(statement.sql) or self._reaches_functions(statement.sql):
            raise Refused(
                "It calls a function that may write, or takes a number from a sequence, and "
                f"{self._dialect.server} would do so already while it plans the statement."
            )
        return self._answer(statement, self._dialect.explain, may_write=True)

    def _answer(self, statement: Statement, prefix: str, *, may_write: bool = False) -> Answer:
        self._restrict(may_write=may_write)
        try:
            payload = self._ask(prefix + statement.sql, statement.params)
        finally:
            self._tell("ROLLBACK")
        if payload is None:
            raise NoPlan(f"{self._dialect.server} has no plan for this statement.")
        filters = find_filters(statement.sql)
        decoded = decode(payload)
        plan = parse_plan(decoded, tables=filters.tables)
        return Answer(
            plan=replace(plan, findings=find(plan, filters)),
            text=decoded if isinstance(decoded, str) else render(plan),
            payload=decoded,
            analyzed=plan.is_measured,
        )

    def _restrict(self, *, may_write: bool) -> None:
        mode = "READ WRITE" if may_write else "READ ONLY"
        self._tell(self._dialect.limit(self._limits))
        self._tell(f"SET SESSION TRANSACTION {mode}")
        self._tell(f"START TRANSACTION {mode}")
        is_read_only = self._ask(f"SELECT @@SESSION.{self._dialect.read_only}", None)
        if not may_write and str(is_read_only) != "1":
            raise Refused(
                "The server did not start a read-only transaction, so nothing was explained."
            )

    def _reaches_functions(self, sql: str) -> bool:
        """A function of the project, or a view, in which one may be called."""
        with self._connection.cursor() as cursor:
            cursor.execute(_REACHABLE)
            return names_any(sql, [_as_text(name) for (name,) in cursor.fetchall()])

    def _takes_several(self) -> bool:
        """Whether the server would run a second statement behind the first."""
        if hasattr(self._connection, "set_server_option"):
            self._connection.set_server_option(_SEVERAL_OFF)
        with self._connection.cursor() as cursor:
            try:
                cursor.execute("DO 0; DO 0")
            except self._errors:
                return False
            while cursor.nextset():
                pass
            return True

    def _tell(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def _ask(self, sql: str, params: Any) -> Any:
        """The first value of all rows; MySQL's tree is one, however long."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, params)
            rows = cursor.fetchall()
            return _as_text(rows[0][0]) if rows else None


def _as_text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else value
