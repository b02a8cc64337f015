"""Whatever goes wrong on a real PostgreSQL, there is a message, never an exception."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from orm_insight.explain.base import Outcome
from orm_insight.explain.runner import explain
from orm_insight.model.trace import REDACTED, Params
from tests.explain.recording import query

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
# EXPLAIN sees what is committed.
committed = pytest.mark.django_db(transaction=True)


def test_a_dropped_table() -> None:
    found = explain(query("SELECT * FROM long_gone"), analyze=True)
    assert found.outcome is Outcome.FAILED
    assert found.error is not None and 'relation "long_gone" does not exist' in found.error
    assert "dropped" in found.error


@committed
def test_a_lost_permission(database: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE nobody_much")
    try:
        database["OPTIONS"]["assume_role"] = "nobody_much"
        found = explain(query("SELECT * FROM pgapp_specimen"), analyze=True)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE nobody_much")
    assert found.error == "PostgreSQL says: permission denied for table pgapp_specimen."


def test_over_the_timeout_the_plan_is_shown_without_running() -> None:
    found = explain(query("SELECT pg_sleep(%s)", (30,)), analyze=True, timeout_ms=150)
    assert found.outcome is Outcome.EXPLAINED
    assert not found.analyzed
    assert found.notice is not None and "150 ms" in found.notice


@committed
def test_planning_over_the_timeout() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION slow(a float8) RETURNS int LANGUAGE plpgsql IMMUTABLE "
            "AS $$ BEGIN PERFORM pg_sleep(a); RETURN 1; END $$"
        )
    try:
        found = explain(query("SELECT slow(30)"), analyze=False, timeout_ms=150)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION slow")
    assert found.error is not None and "150 ms" in found.error


@pytest.mark.parametrize("mode", [{"analyze": False}, {"analyze": True}])
def test_a_lock_that_somebody_holds(mode: dict[str, bool]) -> None:
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK TABLE pgapp_specimen")
        captured = query("SELECT * FROM pgapp_specimen")
        found = explain(captured, **mode, lock_timeout_ms=50)
        other.rollback()
    assert found.error is not None and "50 ms" in found.error and "lock" in found.error


@committed
def test_the_server_ends_the_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION suicide() RETURNS bool LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN pg_terminate_backend(pg_backend_pid()); END $$"
        )
    try:
        found = explain(query("SELECT suicide()"), analyze=True)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION suicide")
    assert found.outcome is Outcome.UNAVAILABLE
    assert found.error is not None and found.error.startswith(
        "The connection to the database broke"
    )


def test_a_dead_server(database: dict[str, Any]) -> None:
    database.update(HOST="127.0.0.1", PORT="1", PASSWORD="hunter2")
    found = explain(query("SELECT 1"), analyze=True)
    assert found.outcome is Outcome.UNAVAILABLE
    assert found.error is not None and "cannot be reached" in found.error
    assert "hunter2" not in found.error


def test_a_database_that_is_gone(database: dict[str, Any]) -> None:
    database["NAME"] = "dropped"
    found = explain(query("SELECT 1"), analyze=True)
    assert found.error is not None and 'database "dropped" does not exist' in found.error


def test_an_alias_that_is_gone() -> None:
    found = explain(query("SELECT 1", alias="archive"), analyze=True)
    assert found.outcome is Outcome.UNAVAILABLE
    assert found.error is not None and "'archive'" in found.error and "default" in found.error


@pytest.mark.parametrize(
    ("engine", "outcome", "words"),
    [
        ("django.db.backends.oracle", Outcome.UNAVAILABLE, "oracledb"),
        ("no.such.engine", Outcome.UNAVAILABLE, "no.such.engine"),
        ("tests.explain.marsdb", Outcome.REFUSED, "EXPLAIN is not available for MarsDB"),
    ],
)
def test_other_vendors(engine: str, outcome: Outcome, words: str) -> None:
    connections.databases["other"] = {**connection.settings_dict, "ENGINE": engine}
    try:
        found = explain(query("SELECT 1", alias="other", vendor="mars"), analyze=True)
    finally:
        del connections.databases["other"]
        if hasattr(connections._connections, "other"):
            del connections["other"]
    assert found.outcome is outcome
    assert found.error is not None and words in found.error


@pytest.mark.parametrize("params", [(1, REDACTED), {"a": REDACTED}, ([1, [REDACTED]],)])
def test_withheld_parameters(params: Params) -> None:
    found = explain(query("SELECT %s, %s IS NULL", params), analyze=True)
    assert found.outcome is Outcome.REFUSED
    assert 'ORM_INSIGHT["REDACT_PARAMS"] decides: False keeps' in (found.error or "")
    found = explain(query("SELECT %s", params, alias="sqlite", vendor="sqlite"), analyze=True)
    assert found.outcome is Outcome.REFUSED
    assert 'ORM_INSIGHT["REDACT_PARAMS"] decides: False keeps' in (found.error or "")


@pytest.mark.parametrize(
    ("statement", "params"),
    [
        ("SELECT %s", ()),
        ("SELECT 1", (1,)),
        ("SELECT %(a)s", {}),
        ("SELECT %s", {"a": 1}),
        ("SELECT %s", (object(),)),
        ("SELECT %s", ("a\x00b",)),
        ("SELECT %s", ("\ud800",)),
        ("SELECT '\ud800'", None),
        ("SELECT %s::int", ("no number",)),
        ("SELECT 1 / %s", (0,)),
    ],
)
def test_parameters_that_do_not_fit(statement: str, params: Params) -> None:
    found = explain(query(statement, params), analyze=True)
    assert found.outcome is Outcome.FAILED
    assert found.error


@pytest.mark.parametrize("limit", [{"timeout_ms": 0}, {"lock_timeout_ms": -1}])
def test_no_limit_is_no_choice(limit: dict[str, int]) -> None:
    assert explain(query("SELECT 1"), analyze=True, **limit).plan is None


def test_50_000_parameters_and_2_megabytes() -> None:
    numbers = tuple(range(50_000))
    many = f"SELECT 1 WHERE 7 IN ({', '.join(['%s'] * len(numbers))})"
    assert explain(query(many, numbers), analyze=True).analyzed
    assert explain(query(f"SELECT '{'x' * 2_000_000}'"), analyze=True).analyzed
