"""A running explanation is ended on the server, from another thread."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.runner import (
    CANCELLED,
    Cancellation,
    Cancelled,
    cancel,
    cancellable,
    current,
    explain,
)
from orm_insight.explain.sqlite import SqliteSession
from tests.explain.aliases import alias_to
from tests.explain.recording import query
from tests.explain.waiting import running_statements, wait_until

KEY = ("a trace", 0)


class Statement:
    """Runs until it is stopped, as if on a server; ``deaf`` does not hear the first requests."""

    def __init__(self, deaf: int = 0) -> None:
        self.is_stopped = threading.Event()
        self.deaf = deaf

    def stop(self) -> None:
        self.deaf -= 1
        if self.deaf < 0:
            self.is_stopped.set()

    def run(self, cancellation: Cancellation) -> None:
        with cancellation.reaching(self.stop):
            assert self.is_stopped.wait(10)


def in_thread(function: Callable[..., Any], *args: Any) -> Future[Any]:
    executor = ThreadPoolExecutor(1)
    future = executor.submit(function, *args)
    executor.shutdown(wait=False)
    return future


@pytest.mark.parametrize("deaf", [0, 2])
def test_what_runs_is_stopped_however_often_that_must_be_asked(deaf: int) -> None:
    cancellation, statement = Cancellation(), Statement(deaf)
    running = in_thread(statement.run, cancellation)
    wait_until(lambda: cancellation._stop is not None)

    cancellation.cancel()

    with pytest.raises(Cancelled):
        running.result(5)


def test_what_was_cancelled_before_does_not_run() -> None:
    cancellation = Cancellation()
    cancellation.cancel()

    with pytest.raises(Cancelled), cancellation.reaching(lambda: None):
        pytest.fail("It ran.")


def test_what_has_ended_is_left_alone() -> None:
    cancellation, statement = Cancellation(), Statement()
    with cancellation.reaching(statement.stop):
        pass

    cancellation.cancel()

    assert not statement.is_stopped.is_set()


def test_failure_of_what_was_not_cancelled_is_its_own() -> None:
    with pytest.raises(ZeroDivisionError), Cancellation().reaching(lambda: None):
        raise ZeroDivisionError


def test_failure_to_cancel_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    cancellation, statement = Cancellation(), Statement()

    def stop_badly() -> None:
        statement.stop()
        raise OSError("no route")

    def run() -> None:
        with cancellation.reaching(stop_badly):
            assert statement.is_stopped.wait(10)

    running = in_thread(run)
    wait_until(lambda: cancellation._stop is not None)
    cancellation.cancel()

    with pytest.raises(Cancelled):
        running.result(5)
    assert "could not be cancelled: no route" in caplog.text


def test_by_key_only_while_the_block_is_open() -> None:
    assert not cancel(KEY)
    with cancellable(KEY) as one, cancellable(KEY) as other, cancellable("another"):
        assert cancel(KEY)
        assert one.is_asked and other.is_asked
        assert not current().is_asked
    assert not cancel(KEY)
    assert current() is not one


def sleeping(alias: str = "default") -> Explanation:
    try:
        with cancellable(KEY):
            return explain(query("SELECT pg_sleep(30)", alias=alias), analyze=True)
    finally:
        # Receivers of connection_created may have asked the alias's own connection.
        connections.close_all()


@pytest.fixture
def unblocked(django_db_blocker: Any) -> Any:
    """Other threads use the database, too."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_statement_is_ended_on_the_server(unblocked: None) -> None:
    url = connection.get_connection_params()
    check_cancelling(in_thread(sleeping), url)


@pytest.mark.postgres
@pytest.mark.server
@pytest.mark.xdist_group("postgresql15")
@pytest.mark.parametrize("server", ["postgres15", "replica15", "pgbouncer15"])
def test_other_servers(server: str, unblocked: None, request: pytest.FixtureRequest) -> None:
    direct = request.getfixturevalue("replica15" if server == "replica15" else "postgres15")
    with alias_to(request.getfixturevalue(server)) as alias:
        check_cancelling(in_thread(sleeping, alias), direct)


def check_cancelling(running: Future[Explanation], server: dict[str, Any] | str) -> None:
    wait_until(lambda: running_statements(server, "pg_sleep"))

    assert cancel(KEY)

    found = running.result(5)
    assert running_statements(server, "pg_sleep") == []
    assert (found.outcome, found.error, found.plan) == (Outcome.FAILED, CANCELLED, None)


def test_sqlite_is_interrupted() -> None:
    wrapper = connections["sqlite"].copy()
    wrapper.connection = sqlite3.connect(":memory:", check_same_thread=False)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    running = in_thread(wrapper.connection.execute, endless)

    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        while not running.done():
            SqliteSession().cancel(wrapper)
        running.result(5)
    wrapper.connection.close()
