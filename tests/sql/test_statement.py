"""Facts told by a statement's text."""

from __future__ import annotations

import pytest

from orm_insight.sql.statement import (
    function_outside_transactions,
    is_empty,
    looks_like_several,
    verb,
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", "SELECT"),
        ("  \n/* url=/x */ -- note\n((SELECT 1) UNION SELECT 2)", "SELECT"),
        ("WITH a AS (SELECT 1) DELETE FROM b", "WITH"),
        ("; SAVEPOINT s1", "SAVEPOINT"),
        ("", ""),
        ("-- only a comment", ""),
        ("123", ""),
    ],
)
def test_verb(sql: str, expected: str) -> None:
    assert verb(sql) == expected


@pytest.mark.parametrize("sql", ["", " ;; ", "-- a\n/* b */ ;"])
def test_empty(sql: str) -> None:
    assert is_empty(sql)


@pytest.mark.parametrize("sql", ["SELECT 1", "1", "/* not closed"])
def test_not_empty(sql: str) -> None:
    assert not is_empty(sql)


@pytest.mark.parametrize("sql", ["SELECT 1", "SELECT 1;", "SELECT 1; -- end\n ; /* x */ "])
def test_one_statement(sql: str) -> None:
    assert not looks_like_several(sql)


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "BEGIN;COMMIT;", "SELECT 1; /* x */ DELETE"])
def test_several_statements(sql: str) -> None:
    assert looks_like_several(sql)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT pg_terminate_backend(1)", "pg_terminate_backend"),
        ('SELECT pg_catalog."pg_reload_conf" /* x */ -- y\n ()', "pg_reload_conf"),
        ("SELECT PG_TRY_ADVISORY_XACT_LOCK(1)", "pg_try_advisory_xact_lock"),
        ("SELECT * FROM dblink_exec('DELETE')", "dblink_exec"),
        (
            "SELECT pg_create_logical_replication_slot('a', 'b')",
            "pg_create_logical_replication_slot",
        ),
        ("SELECT '--', lo_export(1, '/tmp/x')", "lo_export"),
        ("SELECT dblink FROM links", None),
        ("SELECT my_pg_reload_conf(1)", None),
        ("SELECT pg_sleep(1), pg_notify('a', 'b'), count(*)", None),
    ],
)
def test_functions_outside_transactions(sql: str, expected: str | None) -> None:
    assert function_outside_transactions(sql) == expected


def test_two_megabytes_are_read_at_once() -> None:
    sql = "SELECT pg_advisory" + " /* x */" * 250_000 + "; "
    assert verb(sql) == "SELECT"
    assert function_outside_transactions(sql) is None
    assert not looks_like_several(sql)
