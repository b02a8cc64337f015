"""The operation and the tables of a statement."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from orm_insight.sql.fingerprint import SUMMARY_LENGTH, summary, tables
from orm_insight.sql.statement import find_targets
from tests.sql.hostile import HOSTILE, is_linear
from tests.sql.texts import sql_texts


@pytest.mark.parametrize(
    ("sql", "label"),
    [
        ('SELECT "a"."x" FROM "a"', "SELECT a"),
        ("select x from a", "SELECT a"),
        ("/* a comment */ SELECT x FROM a", "SELECT a"),
        ("INSERT INTO a (x, y) VALUES (%s, %s)", "INSERT a"),
        ("INSERT INTO a SELECT * FROM b", "INSERT a b"),
        ("INSERT OR IGNORE INTO a DEFAULT VALUES", "INSERT a"),
        ("INSERT INTO a VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 1", "INSERT a"),
        ("INSERT INTO `a` VALUES (1) ON DUPLICATE KEY UPDATE x = VALUES(x)", "INSERT a"),
        ("REPLACE INTO a VALUES (1)", "REPLACE a"),
        ("UPDATE a SET x = 1, y = 2 WHERE z", "UPDATE a"),
        ("DELETE FROM ONLY a WHERE x", "DELETE a"),
        ("MERGE INTO a USING b ON x WHEN MATCHED THEN UPDATE SET y = 1", "MERGE a b"),
        ("(SELECT x FROM a) UNION (SELECT x FROM b)", "SELECT a b"),
        ("WITH a AS (SELECT 1 FROM b) SELECT * FROM a", "SELECT b"),
        ("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a", "INSERT b"),
        ("(WITH a AS (SELECT 1) SELECT * FROM a)", "SELECT"),
        ("SELECT 1", "SELECT"),
        ("VALUES (1)", "VALUES"),
        ("BEGIN", "BEGIN"),
        ("SAVEPOINT s1", "SAVEPOINT"),
        ("RELEASE SAVEPOINT s1", "RELEASE SAVEPOINT"),
        ("ROLLBACK", "ROLLBACK"),
        ("ROLLBACK TO SAVEPOINT s1", "ROLLBACK TO"),
        ("CREATE TABLE IF NOT EXISTS a (x int)", "CREATE TABLE a"),
        ("CREATE UNIQUE INDEX x ON a (y)", "CREATE INDEX"),
        ("ALTER TABLE a ADD COLUMN x int", "ALTER TABLE a"),
        ("DROP TABLE IF EXISTS a", "DROP TABLE a"),
        ("TRUNCATE TABLE a", "TRUNCATE a"),
        ("TRUNCATE a", "TRUNCATE a"),
        ("PRAGMA foreign_key_check", "PRAGMA"),
        ("", ""),
        ("/* nothing */", ""),
        ("%s", ""),
    ],
)
def test_summary(sql, label):
    assert summary(sql) == label


def test_summary_ends_before_its_limit_with_a_whole_name():
    sql = "SELECT * FROM " + ", ".join(f"table_{number}" for number in range(100))

    assert len(summary(sql)) <= SUMMARY_LENGTH
    assert summary(sql).rpartition(" ")[2] in tables(sql)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT x FROM a JOIN b ON p = q LEFT OUTER JOIN c T3 USING (x, y)", ("a", "b", "c")),
        ("SELECT x FROM a, b AS bb, c WHERE d IN (e, f)", ("a", "b", "c")),
        ("SELECT x FROM a JOIN b ON (p), c ORDER BY d, e", ("a", "b", "c")),
        ("SELECT x FROM a, (b JOIN c ON p)", ("a", "b", "c")),
        ("SELECT x FROM a WHERE EXISTS(SELECT 1 FROM b U0 WHERE y)", ("a", "b")),
        ("SELECT COUNT(*) FROM (SELECT x, y FROM a) subquery", ("a",)),
        ("SELECT x, (SELECT y FROM a) FROM b", ("a", "b")),
        ("UPDATE a SET x = 1, y = 2 FROM b", ("a", "b")),
        ("DELETE FROM a USING b, c WHERE p", ("a", "b", "c")),
        ("SELECT x FROM a JOIN a AS a2 ON p", ("a",)),
        ("WITH RECURSIVE a (n) AS (SELECT n FROM b), c AS (SELECT 1) SELECT 1 FROM a, c", ("b",)),
    ],
)
def test_tables(sql, names):
    assert tables(sql) == names


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ('SELECT x FROM "public"."a"', "public.a"),
        ("SELECT x FROM b . a", "b.a"),
        ('SELECT x FROM "a table; with ""quotes"""', 'a table; with ""quotes'),
        ("SELECT x FROM `a`", "a"),
        ('SELECT x FROM "from"', "from"),
    ],
)
def test_name_of_a_table(sql, name):
    assert tables(sql) == (name,)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT EXTRACT(YEAR FROM x), TRIM(BOTH FROM y) FROM a",
        "SELECT x FROM a WHERE y IS DISTINCT FROM z",
        "SELECT x FROM a FOR UPDATE",
        "SELECT x FROM a FOR NO KEY UPDATE OF a",
        "SELECT REPLACE(x, y, z), TRUNCATE(x, 2) FROM a",
        "SELECT x FROM generate_series(1, 2) g, a, unnest(y)",
        "SELECT x FROM a JOIN LATERAL (SELECT 1) b ON TRUE",
        "SELECT x FROM a, (VALUES (1), (2)) v",
        "SELECT ' FROM b' FROM a -- FROM c",
    ],
)
def test_noop_what_is_no_table(sql):
    assert tables(sql) == ("a",)


@settings(deadline=None)
@given(sql_texts)
def test_anything_has_a_summary(sql):
    assert len(summary(sql)) <= max(SUMMARY_LENGTH, len(sql))


@pytest.mark.parametrize("build", HOSTILE)
def test_hostile_text_takes_linear_time(build):
    assert is_linear(lambda length: find_targets(build(length)))
