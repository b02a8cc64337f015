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

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from orm_insight.explain.base import (
    SEVERAL,
    Answer,
    ExplainError,
    Limits,
    NoPlan,
    Refused,
    Statement,
    Unavailable,
    lock_timed_out,
    timed_out,
)
from orm_insight.explain.mysql.findings import find
from orm_insight.explain.mysql.plans import MARIADB, MYSQL, Dialect, decode, parse_plan, render
from orm_insight.sql.filters import find_filters
from orm_insight.sql.statement import looks_like_several, verb

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
            raise Refused(SEVERAL)
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
            return "Not executed: it would change data or lock rows in a read-only transaction."
        if number in TIMED_OUT:
            return f"Not completed: {timed_out(self._dialect.server, self._limits)}"
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
                f"{self._dialect.server} would already do so while planning the statement."
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
        """Return whether the server would run a second statement after the first."""
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


# Errors of MariaDB and MySQL, by number, in the words of the page.

READ_ONLY = 1792
TIMED_OUT = frozenset({1969, 3024})
"""``max_statement_time`` of MariaDB, ``max_execution_time`` of MySQL."""
NOT_SUPPORTED = frozenset({1235})
_LOCK_TIMEOUT = 1205
_SYNTAX = 1064
_BROKEN = frozenset({1927, 2002, 2003, 2006, 2013, 2055, 4031})
_HINTS = {
    1146: "It may have been dropped since, or it was a temporary table of the recorded session.",
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
        return Refused(SEVERAL)
    if number in TIMED_OUT:
        return timed_out(server, limits)
    if number == _LOCK_TIMEOUT:
        return lock_timed_out(limits)
    if number in _BROKEN:
        return Unavailable(f"The connection to the database broke: {message}.")
    hint = f" {_HINTS[number]}" if number in _HINTS else ""
    return ExplainError(f"{server} says: {message}.{hint}" if number else f"{message}.")


def _message(error: Exception) -> str:
    text = str(error.args[1] if len(error.args) > 1 else error)
    lines = text.strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


# Checks of a statement's text, before it is sent.
#
# Text can be misread, so every rule is on the side of caution: a word counts wherever it stands,
# also in a string or a comment. Nothing here makes a statement run that would be refused.

READS = frozenset({"SELECT", "VALUES", "WITH", "TABLE"})

_RULES = (
    (r"/\*M?!", "some servers run a comment in it as code, so its effect is unknown"),
    (r"\bINTO\b", "INTO would write a file or set a variable"),
    (r"\bFOR\s+(?:UPDATE|SHARE)\b|\bLOCK\s+IN\s+SHARE\b", "it would lock rows"),
    (r"\bNEXT\s+VALUE\s+FOR\b|\b(?:NEXTVAL|SETVAL)\s*\(", "it would take a number from a sequence"),
    (
        r"\b(GET_LOCK|RELEASE_LOCK|RELEASE_ALL_LOCKS|MASTER_POS_WAIT|MASTER_GTID_WAIT"
        r"|SOURCE_POS_WAIT|WAIT_FOR_EXECUTED_GTID_SET|WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS"
        r"|SERVICE_(?:GET|RELEASE)_\w+|ASYNCHRONOUS_CONNECTION_FAILOVER_\w+|GROUP_REPLICATION_\w+"
        r"|SPIDER_\w+|MROONGA_COMMAND|SYS_(?:EXEC|EVAL|SET)|KEYRING_KEY_\w+|AUDIT_\w+)\s*\(",
        "{0}() takes effect immediately, and a rollback does not undo it",
    ),
)
_HELD_BACK = tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in _RULES)
_LOCKS = re.compile(r"\bFOR\s+(?:UPDATE|SHARE)\b|\bLOCK\s+IN\s+SHARE\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(?:INSERT|REPLACE|UPDATE|DELETE)\b", re.IGNORECASE)
_SEQUENCE = re.compile(r"\bNEXT\s+VALUE\s+FOR\b|\b(?:NEXTVAL|SETVAL)\b", re.IGNORECASE)


def why_not_to_run(sql: str) -> str | None:
    """The notice for a statement that is not to be measured."""
    if verb(sql) not in READS:
        return "Not executed: it would change data."
    for pattern, reason in _HELD_BACK:
        if found := pattern.search(sql):
            return f"Not executed: {reason.format(*map(str.lower, found.groups()))}."
    return None


def is_single(sql: str) -> bool:
    """No semicolon but at the very end."""
    return ";" not in sql.rstrip("; \t\r\n")


def only_reads(sql: str) -> bool:
    """Neither writes nor locks by itself, whatever it calls."""
    if verb(sql) not in READS or _LOCKS.search(sql):
        return False
    return verb(sql) != "WITH" or not _WRITES.search(sql)


def names_any(sql: str, names: Iterable[str]) -> bool:
    """Return whether the text asks a sequence for a number, or holds one of the names."""
    patterns = (rf"(?<![\w$]){re.escape(name)}(?![\w$])" for name in names)
    return bool(_SEQUENCE.search(sql)) or any(
        re.search(pattern, sql, re.IGNORECASE) for pattern in patterns
    )
