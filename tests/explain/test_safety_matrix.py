"""EXPLAIN changes nothing, wherever the project's database is and however it is set up.

The whole corpus on PostgreSQL 15 and 18, on a hot standby, behind a pooler in transaction mode,
with psycopg's pool, kept connections, atomic requests and server-side binding.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections, transaction
from psycopg.conninfo import make_conninfo

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.runner import explain
from tests import debian
from tests.explain import statements
from tests.explain.aliases import DATABASE, address_of_default, alias_to, new_database
from tests.explain.outcomes import check_outcomes, use_the_orm
from tests.explain.recording import query, recorded
from tests.explain.snapshot import snapshot

pytestmark = [pytest.mark.postgres, pytest.mark.server]

WRITTEN_FILES = (Path("/tmp/orm-insight-copy"), Path("/tmp/orm-insight-export"))
POOL = {"min_size": 1, "max_size": 2}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "kept connections": {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True},
    "atomic requests": {"ATOMIC_REQUESTS": True},
    "no autocommit": {"AUTOCOMMIT": False},
    "a pool": {"OPTIONS": {"pool": POOL}},
    "server-side binding": {"OPTIONS": {"server_side_binding": True}},
    "serializable": {"OPTIONS": {"isolation_level": psycopg.IsolationLevel.SERIALIZABLE}},
}
EMBEDDED = [("18", name) for name in SETTINGS if name != "plain"]
DEBIAN = [
    (server, name) for server in ("15", "pooler") for name in ("plain", "server-side binding")
] + [("pooler", "a pool")]
ON_DEBIAN = pytest.mark.xdist_group("postgresql15")
PLACES = [
    *(pytest.param(place, id=" with ".join(place)) for place in EMBEDDED),
    *(pytest.param(place, id=" with ".join(place), marks=ON_DEBIAN) for place in DEBIAN),
]


@dataclass(frozen=True)
class Place:
    """The database of the EXPLAIN, as an alias of the project and as an address to look at it."""

    alias: str
    watcher: str

    def explained(self, sql: str, params: Any, *, analyze: bool) -> Explanation:
        captured = query(sql, params, alias=self.alias)
        found = explain(captured, analyze=analyze, timeout_ms=2000, lock_timeout_ms=200)
        assert (found.plan is None) == (found.error is not None) == (found.outcome != "explained")
        assert "Traceback" not in (found.error or found.notice or "")
        return found


@pytest.fixture(scope="module")
def unblocked(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@contextmanager
def filled_database(server: str) -> Iterator[str]:
    """The tables of the corpus, in a database of its own."""
    with new_database(server, DATABASE) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statements.SETUP)
        yield url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT lo_unlink(4711)")


@pytest.fixture(scope="module")
def on_18(unblocked: None) -> Iterator[str]:
    with filled_database(address_of_default()) as url:
        yield url


@pytest.fixture(scope="module")
def on_15(unblocked: None, postgres15: str) -> Iterator[str]:
    with filled_database(postgres15) as url:
        yield url


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    server, settings = request.param
    direct = url = request.getfixturevalue("on_18" if server == "18" else "on_15")
    if server == "pooler":
        url = make_conninfo(request.getfixturevalue("pgbouncer15"), dbname=DATABASE)
    with alias_to(url, "explained", **SETTINGS[settings]), alias_to(direct, "watcher"):
        yield Place("explained", "watcher")


@pytest.fixture
def replica(on_15: str, postgres15: str, replica15: str) -> Iterator[Place]:
    debian.wait_for_replay(postgres15, replica15)
    url = make_conninfo(replica15, dbname=DATABASE)
    with alias_to(url, "explained"), alias_to(on_15, "watcher"):
        yield Place("explained", "watcher")


def explain_everything(place: Place) -> dict[str, Explanation]:
    """With and without ANALYZE; the former's answers by statement. Nothing has changed."""
    before, answers = snapshot(place.watcher), {}
    for sql, params in statements.ALL:
        place.explained(sql, params, analyze=False)
        answers[sql] = place.explained(sql, params, analyze=True)
        assert snapshot(place.watcher) == before, sql
    assert not [file for file in WRITTEN_FILES if file.exists()]
    return answers


def check_not_executed(answers: dict[str, Explanation], corpus: list[tuple[str, Any]]) -> None:
    for sql, _ in corpus:
        found = answers[sql]
        assert found.outcome is Outcome.EXPLAINED and not found.analyzed, (sql, found)
        assert found.notice is not None and found.notice.startswith("Not executed"), sql


def test_no_statement_changes_anything(place: Place) -> None:
    answers = explain_everything(place)
    for sql, _ in statements.READS + statements.UNDONE:
        assert answers[sql].analyzed and answers[sql].notice is None, (sql, answers[sql])
    check_not_executed(answers, statements.WRITES + statements.HELD_BACK)


def test_the_requests_transaction_goes_on(place: Place) -> None:
    """Everything is explained while a request has written and not committed."""
    with transaction.atomic(using=place.alias):
        with connections[place.alias].cursor() as cursor:
            cursor.execute("INSERT INTO item (name) VALUES ('of the request') RETURNING id")
            [identity] = cursor.fetchone()
        for sql, params in statements.READS + statements.WRITES:
            place.explained(sql, params, analyze=True)
        with connections[place.alias].cursor() as cursor:
            cursor.execute("SELECT name FROM item WHERE id = %s", [identity])
            assert cursor.fetchone() == ("of the request",)
            cursor.execute("SHOW transaction_read_only")
            assert cursor.fetchone() == ("off",)
        transaction.set_rollback(True, using=place.alias)


def test_over_the_timeout(place: Place) -> None:
    found = explain(query("SELECT pg_sleep(30)", alias=place.alias), analyze=True, timeout_ms=150)
    assert found.outcome is Outcome.EXPLAINED and not found.analyzed
    assert found.notice is not None and "150 ms, its time limit" in found.notice


def test_everything_that_the_orm_sends_on_15(
    unblocked: None, postgres15: str, settings: Any
) -> None:
    settings.DATABASE_ROUTERS = ["tests.explain.aliases.EverythingThere"]
    with new_database(postgres15, "oi_orm") as url, alias_to(url) as alias:
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)
        with recorded(alias) as queries:
            use_the_orm(alias)
        before = snapshot(alias)
        found = [explain(one, analyze=analyze) for one in queries for analyze in (False, True)]
        assert snapshot(alias) == before
    check_outcomes(found)


def test_sessions_behind_the_pooler_stay_as_they_were(on_15: str, pgbouncer15: str) -> None:
    url = make_conninfo(pgbouncer15, dbname=DATABASE)
    settings = "SELECT name, setting FROM pg_settings WHERE name ~ 'timeout|read_only|search_path'"
    with alias_to(url) as alias, connections[alias].cursor() as cursor:
        cursor.execute(f"{settings} ORDER BY name")
        before = cursor.fetchall()
        for sql, params in statements.READS + statements.UNDONE:
            Place(alias, alias).explained(sql, params, analyze=True)
        cursor.execute(f"{settings} ORDER BY name")
        assert cursor.fetchall() == before


def test_a_replica_measures_reads_and_says_what_it_refuses(replica: Place) -> None:
    answers = explain_everything(replica)
    for sql, _ in statements.READS:
        assert answers[sql].analyzed and answers[sql].notice is None, (sql, answers[sql])
    check_not_executed(answers, statements.WRITES)
    for sql in ("SELECT pg_notify('channel', 'payload')", "SELECT * INTO copied FROM item"):
        assert answers[sql].plan is not None, answers[sql]
        assert "this server is a replica" in (answers[sql].notice or "")
