"""Indexes are tried where the database is reached in other ways, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import make_conninfo

from orm_insight.explain.base import Explanation
from orm_insight.explain.runner import explain
from orm_insight.model.plan import TrialMethod
from orm_insight.project.schema import read_schema
from tests import debian
from tests.explain.aliases import alias_to, new_database
from tests.explain.recording import query
from tests.explain.snapshot import snapshot

pytestmark = pytest.mark.postgres

DATABASE = "oi_advised"
SETUP = """
CREATE EXTENSION hypopg;
CREATE TABLE entry (id int PRIMARY KEY, kind int, body text);
INSERT INTO entry SELECT i, i % 5000, repeat('x', 100) FROM generate_series(1, 50000) AS i;
ANALYZE entry;
"""
SLOW = "SELECT * FROM entry WHERE kind = 7"


@pytest.fixture(scope="module")
def filled(postgres15: str, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), new_database(postgres15, DATABASE) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SETUP)
        yield url


def advised(alias: str, **options: Any) -> Explanation:
    return explain(query(SLOW, alias=alias), analyze=True, schema=read_schema(), **options)


@pytest.fixture(params=["directly", "behind a pooler", "on a replica"])
def place(request: pytest.FixtureRequest, filled: str, postgres15: str) -> Iterator[str]:
    """The alias to explain on; the server itself is watched under another one."""
    url = filled
    if request.param == "behind a pooler":
        url = make_conninfo(request.getfixturevalue("pgbouncer15"), dbname=DATABASE)
    if request.param == "on a replica":
        replica = request.getfixturevalue("replica15")
        debian.wait_for_replay(postgres15, replica)
        url = make_conninfo(replica, dbname=DATABASE)
    with alias_to(url) as alias, alias_to(filled, "watcher"):
        yield alias


def test_a_hypothetical_index_is_gone_afterwards(place: str) -> None:
    before = snapshot("watcher")

    [advice] = advised(place).advice

    assert advice.trial is not None and advice.trial.method is TrialMethod.HYPOTHETICAL
    assert advice.is_verified and '"kind"' in advice.sql
    with connections[place].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM hypopg_list_indexes")
        assert cursor.fetchone() == (0,)
    assert snapshot("watcher") == before


def test_a_created_index_is_gone_afterwards(place: str, request: pytest.FixtureRequest) -> None:
    before = snapshot("watcher")
    [advice] = advised(place).advice

    found = advised(place, try_index=advice.id)

    [tried] = found.advice
    if "replica" in request.node.name:
        assert found.notice is not None and "could not be tried" in found.notice
        assert found.plan is not None and not tried.is_verified
    else:
        assert tried.trial is not None and tried.trial.method is TrialMethod.CREATED
        assert tried.is_verified
    assert snapshot("watcher") == before
