"""EXPLAIN changes nothing: every kind of statement, with the whole database compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.runner import explain
from tests.explain import statements
from tests.explain.outcomes import check_outcomes, use_the_orm
from tests.explain.recording import query, recorded
from tests.explain.snapshot import snapshot

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.server,
    pytest.mark.django_db(transaction=True, databases=["default"]),
]


@pytest.fixture
def items(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(statements.SETUP)
    yield
    with connection.cursor() as cursor:
        cursor.execute(statements.TEARDOWN)


def explained(sql: str, params: Any, *, analyze: bool) -> Explanation:
    found = explain(query(sql, params), analyze=analyze, timeout_ms=2000, lock_timeout_ms=200)
    assert (found.plan is None) == (found.error is not None) == (found.outcome != "explained")
    assert "Traceback" not in (found.error or found.notice or "")
    return found


def test_no_statement_changes_anything(items: None) -> None:
    before = snapshot()
    for sql, params in statements.ALL:
        for analyze in (False, True):
            explained(sql, params, analyze=analyze)
        assert snapshot() == before, sql


def test_reads_are_executed(items: None) -> None:
    for sql, params in statements.READS:
        found = explained(sql, params, analyze=True)
        assert found.analyzed, found
        assert found.notice is None
        assert found.explained_ms is not None


def test_writes_are_explained_without_running_and_the_page_says_why(items: None) -> None:
    for sql, params in statements.WRITES:
        found = explained(sql, params, analyze=True)
        assert found.outcome is Outcome.EXPLAINED, found
        assert not found.analyzed
        assert found.notice is not None and "read-only transaction" in found.notice
        assert found.plan is not None and found.plan.execution_ms is None


def test_what_a_rollback_undoes_is_executed(items: None) -> None:
    for sql, params in statements.UNDONE:
        assert explained(sql, params, analyze=True).analyzed, sql


def test_what_acts_outside_of_the_transaction_is_held_back(items: None) -> None:
    for sql, params in statements.HELD_BACK:
        found = explained(sql, params, analyze=True)
        assert found.outcome is Outcome.EXPLAINED, found
        assert not found.analyzed
        assert found.notice is not None and found.notice.startswith("Not executed")


def test_the_impossible_has_a_message(items: None) -> None:
    for sql, params in statements.IMPOSSIBLE:
        found = explained(sql, params, analyze=True)
        if found.plan is None:
            assert found.error, sql
        else:
            assert not found.analyzed, sql
            assert found.notice, sql


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1; DELETE FROM item", "More than one statement"),
        ("DO $$ BEGIN DELETE FROM item; END $$", "no plan for DO"),
        ("COPY item FROM STDIN", "no plan for COPY"),
        ("SELEC 1", "no plan for SELEC"),
        ("SELECT FROM WHERE", "syntax error"),
        ("REFRESH MATERIALIZED VIEW totals", "no plan for this statement"),
    ],
)
def test_messages(items: None, sql: str, words: str) -> None:
    found = explained(sql, None, analyze=False)
    assert found.error is not None and words in found.error


def test_a_rule_that_rewrites_to_nothing(items: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE RULE nothing AS ON DELETE TO item DO INSTEAD NOTHING")
    found = explained("DELETE FROM item", None, analyze=True)
    assert found.error is not None and "rewrites this statement to nothing" in found.error


def test_another_session_is_not_ended(items: None) -> None:
    with psycopg.connect(**connection.get_connection_params()) as other:
        sql = "SELECT pg_terminate_backend(%s)"
        assert not explained(sql, (other.info.backend_pid,), analyze=True).analyzed
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_nobody_is_notified(items: None) -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as listener:
        listener.execute("LISTEN channel")
        assert explained("SELECT pg_notify('channel', 'x')", None, analyze=True).analyzed
        listener.execute("SELECT pg_notify('channel', 'the end')")
        notes = [note.payload for note in listener.notifies(timeout=5, stop_after=1)]
    assert notes == ["the end"]


def test_everything_that_the_orm_sends() -> None:
    with recorded() as queries:
        use_the_orm()
    before = snapshot()
    found = [explain(query, analyze=analyze) for query in queries for analyze in (False, True)]
    assert snapshot() == before
    check_outcomes(found)
