"""The servers that Debian packages, as fixtures: what later tests build on."""

from __future__ import annotations

import psycopg
import pytest

from tests import debian


def ask(url: str, sql: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_a_server_of_this_version_with_hypothetical_indexes(postgres15):
    with psycopg.connect(postgres15) as connection:
        connection.execute("CREATE EXTENSION hypopg")
        connection.execute("CREATE TABLE item AS SELECT generate_series(1, 9999) AS id")
        connection.execute("SELECT hypopg_create_index('CREATE INDEX ON item (id)')")
        version = connection.info.server_version
        plan = connection.execute("EXPLAIN SELECT * FROM item WHERE id = 5").fetchall()
        connection.rollback()

    assert version // 10_000 == 15
    assert any("btree_item_id" in line for [line] in plan)


def test_a_hot_standby_shows_what_was_committed_and_refuses_to_write(postgres15, replica15):
    ask(postgres15, "CREATE TABLE replicated AS SELECT 7 AS id")
    debian.wait_for_replay(postgres15, replica15)
    try:
        assert ask(replica15, "SELECT id, pg_is_in_recovery() FROM replicated") == [(7, True)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            ask(replica15, "DELETE FROM replicated")
    finally:
        ask(postgres15, "DROP TABLE replicated")


def test_the_pooler_gives_one_connection_to_many_transactions(pgbouncer15):
    with psycopg.connect(pgbouncer15) as one, psycopg.connect(pgbouncer15) as other:
        backends = set()
        for connection in (one, other, one, other):
            [pid] = connection.execute("SELECT pg_backend_pid()").fetchone()
            connection.rollback()
            backends.add(pid)

    assert len(backends) == 1
