"""EXPLAIN changes nothing in MariaDB: every kind of statement, with the whole database compared."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pymysql.constants import CLIENT

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.runner import explain
from orm_insight.model.trace import Query
from tests.explain.mysql import statements

OBJECTS = """
SELECT table_name, table_type, create_time FROM information_schema.tables
WHERE table_schema = DATABASE()
UNION SELECT routine_name, routine_type, last_altered FROM information_schema.routines
WHERE routine_schema = DATABASE()
UNION SELECT trigger_name, event_manipulation, created FROM information_schema.triggers
ORDER BY 1
"""
TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1
"""
NUMBER = "SELECT next_not_cached_value FROM counter"
SETTINGS = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('max_connections', 'read_only')"


@pytest.fixture(scope="module")
def items(mariadb: str) -> Iterator[str]:
    run(mariadb, statements.SETUP)
    yield mariadb
    run(mariadb, statements.TEARDOWN)


def run(alias: str, sqls: list[str]) -> None:
    with connections[alias].cursor() as cursor:
        for sql in sqls:
            cursor.execute(sql)


def snapshot(alias: str, folder: Path) -> dict[str, Any]:
    """Rows of every table, the sequence's position, files, and what else exists."""
    with connections[alias].cursor() as cursor:
        state: dict[str, Any] = {"files": sorted(path.name for path in folder.iterdir())}
        for sql in (OBJECTS, NUMBER, SETTINGS):
            cursor.execute(sql)
            state[sql] = cursor.fetchall()
        cursor.execute("SELECT is_free_lock('orm-insight')")
        state["lock"] = cursor.fetchall()
        cursor.execute(TABLES)
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {name}")
            count = cursor.fetchone()
            cursor.execute(f"CHECKSUM TABLE {name}")
            state[name] = (count, cursor.fetchone())
        return state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which the server could write: those of pytest are closed to other users."""
    of_all = Path(tempfile.gettempdir())
    for path in (tmp_path, *tmp_path.parents):
        if of_all in path.parents:
            path.chmod(0o777)
    return tmp_path


def explained(sql: str, params: Any, *, analyze: bool = True) -> Explanation:
    found = explain(
        Query(index=0, sql=sql, params=params, alias="mariadb", vendor="mysql"),
        analyze=analyze,
        timeout_ms=2000,
        lock_timeout_ms=1000,
    )
    assert (found.plan is None) == (found.error is not None) == (found.outcome != "explained")
    assert "Traceback" not in (found.error or found.notice or "")
    return found


def test_no_statement_changes_anything(items: str, folder: Path) -> None:
    before = snapshot(items, folder)
    for sql, params in statements.ALL:
        for analyze in (False, True):
            explained(sql.replace("{folder}", str(folder)), params, analyze=analyze)
        assert snapshot(items, folder) == before, sql


def test_the_server_could_have_written_a_file(items: str, folder: Path) -> None:
    """Otherwise the test above would say nothing about files."""
    run(items, [f"SELECT 1 INTO OUTFILE '{folder}/out.txt'"])
    assert [path.name for path in folder.iterdir()] == ["out.txt"]


def test_no_statement_changes_anything_where_the_driver_sends_several(
    items: str, folder: Path
) -> None:
    """As mysqlclient does unless told otherwise."""
    options = connections[items].settings_dict["OPTIONS"]
    options["client_flag"] = CLIENT.MULTI_STATEMENTS
    try:
        before = snapshot(items, folder)
        for sql, params in statements.ALL:
            explained(sql.replace("{folder}", str(folder)), params)
            assert snapshot(items, folder) == before, sql
        found = explained("SELECT 1; DELETE FROM item", None)
    finally:
        del options["client_flag"]
    assert found.error is not None and "More than one statement" in found.error


@pytest.mark.parametrize(("sql", "params"), statements.READS)
def test_reads_are_executed(items: str, sql: str, params: Any) -> None:
    found = explained(sql, params)
    assert found.analyzed, found
    assert found.notice is None
    assert found.explained_ms is not None


@pytest.mark.parametrize(("sql", "params"), statements.WRITES)
def test_writes_are_explained_without_running(items: str, sql: str, params: Any) -> None:
    found = explained(sql, params)
    assert found.outcome is Outcome.EXPLAINED, found
    assert not found.analyzed
    assert found.notice == "Not executed: it would change data."
    assert found.explained_ms is None


@pytest.mark.parametrize(("sql", "params"), statements.HELD_BACK)
def test_held_back(items: str, folder: Path, sql: str, params: Any) -> None:
    found = explained(sql.replace("{folder}", str(folder)), params)
    assert found.outcome is Outcome.EXPLAINED, found
    assert not found.analyzed
    assert found.notice is not None and found.notice.startswith("Not executed: ")


@pytest.mark.parametrize(("sql", "params"), statements.IMPOSSIBLE)
def test_the_impossible_has_a_message(items: str, sql: str, params: Any) -> None:
    found = explained(sql, params)
    assert found.error, found


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1; DELETE FROM item", "More than one statement"),
        ("CALL proceeds()", "MariaDB has no plan for CALL"),
        ("SELECT * FROM gone", "may have been dropped since"),
        ("SELECT nothing FROM item", "may have been changed since"),
        ("SELECT FROM WHERE", "MariaDB says: You have an error in your SQL syntax"),
        ("SELECT nextval(counter)", "takes a number from a sequence"),
        ("DELETE FROM item WHERE id IN (SELECT a FROM hiding)", "calls a function that may write"),
    ],
)
def test_messages(items: str, sql: str, words: str) -> None:
    found = explained(sql, None, analyze=False)
    assert found.error is not None and words in found.error
