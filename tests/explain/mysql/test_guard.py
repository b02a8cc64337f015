"""Checks of a statement's text before it is sent to MariaDB or MySQL."""

from __future__ import annotations

import pytest

from orm_insight.explain.mysql.session import is_single, names_any, only_reads, why_not_to_run

HARMLESS = [
    "SELECT * FROM item",
    "(SELECT 1) UNION (SELECT 2)",
    "VALUES (1)",
    "TABLE item",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "SELECT updated, `locked_at`, intonation FROM item",
    "SELECT replace(name, 'a', 'b') FROM item",
    "SELECT sleep(0)",
]


@pytest.mark.parametrize("sql", HARMLESS)
def test_may_run(sql: str) -> None:
    assert why_not_to_run(sql) is None
    assert only_reads(sql)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE item SET a = 1", "it would change data"),
        ("INSERT INTO item VALUES (1)", "it would change data"),
        ("SELECT * FROM item FOR\nUPDATE", "it would lock rows"),
        ("SELECT * FROM item FOR SHARE OF item", "it would lock rows"),
        ("SELECT * FROM item lock in share mode", "it would lock rows"),
        ("SELECT 1 INTO DUMPFILE 'x'", "INTO would write a file"),
        ("SELECT GET_LOCK ('a', 1)", "get_lock() takes effect immediately"),
        ("SELECT sys_exec('ls')", "sys_exec() takes effect immediately"),
        ("SELECT next value  for counter", "a number from a sequence"),
        ("SELECT 1 /*!50000 INTO OUTFILE 'x' */", "some servers run a comment in it as code"),
        ("SELECT 1 /*M! + 1 */", "some servers run a comment in it as code"),
    ],
)
def test_held_back(sql: str, words: str) -> None:
    notice = why_not_to_run(sql)
    assert notice is not None and notice.startswith("Not executed: ") and words in notice


def test_a_cte_may_write_in_mysql() -> None:
    assert not only_reads("WITH a AS (SELECT 1) DELETE FROM item WHERE id IN (SELECT * FROM a)")
    assert not only_reads("SELECT * FROM item FOR UPDATE")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", True),
        ("SELECT 1;\n ; ", True),
        ("SELECT 1; SELECT 2", False),
        ("SELECT 1; /*! DELETE FROM item */", False),
        ("SELECT ';'", False),
    ],
)
def test_one_statement(sql: str, expected: bool) -> None:  # noqa: FBT001
    assert is_single(sql) is expected


def test_names_of_functions_and_views() -> None:
    names = ["doubles", "a.b", "total$"]
    assert names_any("DELETE FROM item WHERE id = DOUBLES (1)", names)
    assert names_any("DELETE FROM item WHERE id = 'doubles'", names)
    assert names_any("DELETE FROM `total$`", names)
    assert names_any("UPDATE item SET id = NEXTVAL(counter)", [])
    assert not names_any("DELETE FROM item WHERE redoubles = 1 OR doubles_2 = 2", names)
    assert not names_any("DELETE FROM item WHERE axb = 1", names)
