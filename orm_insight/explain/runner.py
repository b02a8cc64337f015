"""Explain a captured query. The only place of this package that opens a database.

Every EXPLAIN has a connection of its own, outside of the project's pool, closed at the end. The
request's connection, its transaction and its state are never touched. Whatever the database
answers, the caller gets an ``Explanation`` with a message, never an exception.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionDoesNotExist
from django.utils.module_loading import import_string

from orm_insight.explain.base import (
    PLANS_WITHOUT_VALUES,
    WITHHELD,
    Advised,
    Advisor,
    Answer,
    ExplainError,
    Explanation,
    Limits,
    Outcome,
    Question,
    Refused,
    Session,
    Statement,
    Unavailable,
    lacks_values,
)
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query
from orm_insight.sql.statement import is_empty

# By name: a driver is imported only where the project uses it.
SESSIONS = {
    # Django's word for MariaDB, too.
    "mysql": "orm_insight.explain.mysql.session.MysqlSession",
    "postgresql": "orm_insight.explain.postgresql.session.PostgresqlSession",
    "sqlite": "orm_insight.explain.sqlite.SqliteSession",
}
DRIVERS = {"postgresql": ("psycopg", "psycopg 3")}
"""The drivers that sessions need, where a vendor has several: the module, and its name in words."""
ADVISORS = {"postgresql": "orm_insight.explain.postgresql.indexes.PostgresqlAdvisor"}
logger = logging.getLogger("orm_insight.explain")


def explain(
    query: Query,
    *,
    analyze: bool,
    timeout_ms: int = 10_000,
    lock_timeout_ms: int = 1_000,
    schema: Schema | None = None,
    try_index: str | None = None,
) -> Explanation:
    """The plan of ``query``; with ``analyze`` measured, where it can run without any effect.

    With ``schema``, the facts about the project's models, indexes are looked for, too. Only with
    ``try_index``, the ``id`` of one of them, it is created, tried and rolled back.
    """
    vendor = query.vendor
    try:
        limits = Limits(statement_ms=timeout_ms, lock_ms=lock_timeout_ms)
        wrapper = _find_alias(query.alias)
        vendor = wrapper.vendor
        _check(query, vendor)
        with _own_connection(wrapper, _session(wrapper)) as (own, session):
            statement = Statement(sql=_text(query.sql, own.connection), params=query.params)
            answer = session.explain(own, statement, analyze=analyze, limits=limits)
            advised = _advise(own, statement, answer, query, limits, schema, try_index)
    except ExplainError as error:
        return Explanation(query=query, outcome=error.outcome, vendor=vendor, error=str(error))
    except Exception as error:
        logger.exception("EXPLAIN of query %d failed", query.index)
        message = f"EXPLAIN failed: {type(error).__name__}: {error}"
        return Explanation(query=query, outcome=ExplainError.outcome, vendor=vendor, error=message)
    return _explained(query, vendor, answer, advised)


def _explained(query: Query, vendor: str, answer: Answer, advised: Advised) -> Explanation:
    return Explanation(
        query=query,
        outcome=Outcome.EXPLAINED,
        vendor=vendor,
        analyzed=answer.analyzed,
        plan=replace(answer.plan, findings=advised.findings or answer.plan.findings),
        text=answer.text,
        payload=answer.payload,
        notice=_notice(answer, advised, query),
        advice=advised.advice,
    )


def _check(query: Query, vendor: str) -> None:
    if is_empty(str(query.sql)):
        raise Refused("The statement is empty.")
    if lacks_values(query.params) and vendor not in PLANS_WITHOUT_VALUES:
        raise Refused(WITHHELD)


def _find_alias(alias: str) -> BaseDatabaseWrapper:
    try:
        return connections[alias]
    except ConnectionDoesNotExist as error:
        known = ", ".join(sorted(connections))
        raise Unavailable(
            f"The settings define no database {alias!r}; they define: {known}."
        ) from error
    except (ImproperlyConfigured, ImportError) as error:
        raise Unavailable(f"The database {alias!r} cannot be used: {error}") from error


def _session(wrapper: BaseDatabaseWrapper) -> Session:
    if wrapper.vendor not in SESSIONS:
        raise Refused(
            f"EXPLAIN is not available for {wrapper.display_name}, only for PostgreSQL, MariaDB, "
            "MySQL and SQLite."
        )
    module, words = DRIVERS.get(wrapper.vendor, (None, ""))
    driver: Any = getattr(wrapper, "Database", None)
    used = getattr(driver, "__name__", "another driver")
    if module is not None and used != module:
        name = wrapper.display_name
        raise Refused(f"{name} is explained through {words}; this project uses {used}.")
    session: Session = import_string(SESSIONS[wrapper.vendor])()
    return session


def _advise(
    own: BaseDatabaseWrapper,
    statement: Statement,
    answer: Answer,
    query: Query,
    limits: Limits,
    schema: Schema | None,
    try_index: str | None,
) -> Advised:
    """Advice where the vendor has an advisor; a failure of ours costs the advice, not the plan."""
    if schema is None or own.vendor not in ADVISORS or not answer.plan.is_measured:
        return Advised()
    advisor: Advisor = import_string(ADVISORS[own.vendor])()
    question = Question(
        schema=schema,
        limits=limits,
        captured_ms=None if (query.batch_size or 1) > 1 else query.duration_ms,
        try_index=try_index,
    )
    try:
        return advisor.advise(own, statement, answer, question)
    except Exception:
        logger.exception("Advice on query %d failed", query.index)
        return Advised()


def _text(sql: Any, connection: Any) -> str:
    """psycopg's composed SQL needs a connection to become text."""
    return str(sql.as_string(connection)) if hasattr(sql, "as_string") else str(sql)


@contextmanager
def _own_connection(
    wrapper: BaseDatabaseWrapper, session: Session
) -> Iterator[tuple[BaseDatabaseWrapper, Session]]:
    """A connection like the alias's own, receivers of ``connection_created`` included."""
    own = wrapper.copy()
    session.adapt_settings(own.settings_dict)
    try:
        try:
            own.ensure_connection()
        except (DatabaseError, ImproperlyConfigured) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise Unavailable(
                f"The database {wrapper.alias!r} cannot be reached: {reason}"
            ) from error
        with current().reaching(partial(session.cancel, own)):
            yield own, session
    finally:
        # Not own.close(): Django keeps databases in memory open.
        raw, own.connection = own.connection, None
        if raw is not None:
            raw.close()


def _notice(answer: Answer, advised: Advised, query: Query) -> str | None:
    batch = None
    if query.batch_size is not None and query.batch_size > 1:
        batch = f"This is the plan for the first of {query.batch_size} sets of parameters."
    return " ".join(filter(None, [answer.notice, advised.notice, batch])) or None


# Cancelling, from another thread than the one that asks.
#
# Whoever may want to cancel opens a block with ``cancellable()``; the runner tells the block how to
# reach the database. Two ways lead to an end: ``cancel()`` of the block, and of its key, from
# elsewhere in this process.

# A request to cancel that arrives between two statements is lost, so it is repeated.
REPEAT_S = 0.1
GIVE_UP_S = 10.0
CANCELLED = "Cancelled: the statement was stopped before it had finished."


class Cancelled(ExplainError):
    """A user has asked to end it."""


class Cancellation:
    """Ends what runs in its block; may be asked from any thread, also before anything runs."""

    def __init__(self) -> None:
        self.is_asked = False
        self._stop: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._has_ended = threading.Event()

    def cancel(self) -> None:
        """Return when nothing runs any more, or after some seconds in which that did not help."""
        self.is_asked = True
        deadline = monotonic() + GIVE_UP_S
        while self._ask_to_stop() and monotonic() < deadline:
            self._has_ended.wait(REPEAT_S)

    @contextmanager
    def reaching(self, stop: Callable[[], None]) -> Iterator[None]:
        """``stop`` ends what the block does. A block that was to be ended raises ``Cancelled``."""
        with self._lock:
            self._stop = stop
            self._has_ended.clear()
        try:
            self._check()
            yield
        except Exception as error:
            self._check(error)
            raise
        finally:
            with self._lock:
                self._stop = None
            self._has_ended.set()
        self._check()

    def _check(self, cause: Exception | None = None) -> None:
        if self.is_asked:
            raise Cancelled(CANCELLED) from cause

    def _ask_to_stop(self) -> bool:
        # The lock keeps the connection open meanwhile.
        with self._lock:
            if self._stop is None:
                return False
            try:
                self._stop()
            except Exception as error:
                logger.warning("A statement could not be cancelled: %s", error)
            return True


_current: ContextVar[Cancellation | None] = ContextVar("orm_insight_cancellation", default=None)
_running: dict[Hashable, list[Cancellation]] = {}
_running_lock = threading.Lock()


@contextmanager
def cancellable(key: Hashable) -> Iterator[Cancellation]:
    """Make this block's EXPLAINs cancellable, by the object that it gives or by ``key``."""
    cancellation = Cancellation()
    with _running_lock:
        _running.setdefault(key, []).append(cancellation)
    token = _current.set(cancellation)
    try:
        yield cancellation
    finally:
        _current.reset(token)
        with _running_lock:
            _running[key].remove(cancellation)
            if not _running[key]:
                del _running[key]


def cancel(key: Hashable) -> bool:
    """End all that is being explained under ``key`` in this process; was there anything?"""
    with _running_lock:
        found = list(_running.get(key, ()))
    for cancellation in found:
        cancellation.cancel()
    return bool(found)


def current() -> Cancellation:
    """The one of the block around, or one that nobody will ask."""
    return _current.get() or Cancellation()
