"""Findings in SQLite's query plans: real ones, of tables with 600, 60 and 6 rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from django.db.models import Count

from orm_insight.explain.base import Explanation
from orm_insight.explain.runner import explain
from orm_insight.explain.sqlite import SqliteTables, find, parse_query_plan
from orm_insight.model.plan import Finding
from tests.explain.recording import recorded
from tests.testapp.models import Country, Person

SCRIPT = """
CREATE TABLE large (id INTEGER PRIMARY KEY, title TEXT, author_id INTEGER, pages INTEGER);
CREATE TABLE middle (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE small (id INTEGER PRIMARY KEY, name TEXT);
CREATE INDEX by_pages ON large (pages, title);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
  INSERT INTO large SELECT i, 'title ' || i, i % 60, i % 10 FROM n;
INSERT INTO middle SELECT id, title FROM large WHERE id <= 60;
INSERT INTO small SELECT id, title FROM large WHERE id <= 6;
"""


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCRIPT)
    yield connection
    connection.close()


def findings(database: sqlite3.Connection, sql: str) -> tuple[Finding, ...]:
    plan = parse_query_plan(database.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall())
    return find(plan, sql, SqliteTables(database))


CLEAN = {
    "everything is asked for": "SELECT * FROM large",
    "by the primary key": "SELECT * FROM large WHERE id = 3",
    "by an index": "SELECT * FROM large WHERE pages = 3",
    "a small table": "SELECT * FROM small WHERE name = 'x'",
    "a table below the limit": "SELECT * FROM middle WHERE name = 'x'",
    "a small table in a loop": "SELECT * FROM large CROSS JOIN small WHERE small.name < title",
    "joined over the key": "SELECT * FROM large l JOIN middle m ON m.id = l.author_id",
    "counted for each object": (
        "SELECT l.id, l.title, count(m.id) FROM large l LEFT JOIN middle m ON m.id = l.author_id "
        "GROUP BY l.id, l.title"
    ),
    "groups in an order": "SELECT pages, count(*) FROM large GROUP BY pages ORDER BY count(*)",
    "counted": "SELECT count(*) FROM large",
    "in the order of an index": "SELECT * FROM large ORDER BY pages, title",
    "a few rows sorted": "SELECT * FROM middle ORDER BY name",
    "one row sorted": "SELECT * FROM large WHERE id = 3 ORDER BY title",
    "constants": "SELECT 1 UNION ALL SELECT 2",
    "a subquery of few rows": "SELECT * FROM (SELECT DISTINCT name FROM small) AS large",
    "an automatic index on a WITH query": (
        "WITH t AS MATERIALIZED (SELECT name FROM small) "
        "SELECT * FROM t a JOIN t b ON a.name = b.name"
    ),
    "a WITH query of a table's name": (
        "WITH large AS MATERIALIZED (SELECT name AS n FROM small) "
        "SELECT * FROM large a JOIN large b ON a.n = b.n WHERE a.n LIKE '%x'"
    ),
    "a table-valued function": "SELECT * FROM small, json_each(small.name) j WHERE j.value = 1",
    "no table": "SELECT 1",
}


@pytest.mark.parametrize("sql", CLEAN.values(), ids=CLEAN)
def test_nothing_to_say(database: sqlite3.Connection, sql: str) -> None:
    assert findings(database, sql) == ()


WRONG = {
    "a filter": (
        "SELECT * FROM large WHERE title = 'x'",
        ("sqlite-full-scan", "ORM602", "All of large is read to find", 'fields=["title"]'),
    ),
    "two filters, the range last": (
        "SELECT * FROM large l WHERE l.author_id > 3 AND l.title = 'x'",
        ("sqlite-full-scan", "ORM602", "500 rows or more", 'fields=["title", "author_id"]'),
    ),
    "a pattern": (
        "SELECT * FROM large WHERE author_id LIKE '%x%'",
        ("sqlite-full-scan", "", "All of large", "icontains"),
    ),
    "an update": (
        "UPDATE large SET pages = 1 WHERE author_id = 3",
        ("sqlite-full-scan", "ORM602", "All of large", "db_index=True"),
    ),
    "in a subquery": (
        "SELECT * FROM small WHERE id IN (SELECT author_id FROM large u0 WHERE u0.author_id = 3)",
        ("sqlite-full-scan", "ORM602", "All of large", 'fields=["author_id"]'),
    ),
    "for each row": (
        "SELECT * FROM small WHERE EXISTS(SELECT 1 FROM middle u0 WHERE u0.name = small.name)",
        ("sqlite-full-scan", "ORM602", "again for each row", 'fields=["name"]'),
    ),
    "in a loop, by nothing that can be indexed": (
        "SELECT * FROM small CROSS JOIN middle WHERE middle.name LIKE small.name",
        ("sqlite-full-scan", "", "60 rows each time", "icontains"),
    ),
    "a whole index": (
        "SELECT title FROM large WHERE title LIKE '%x%'",
        ("sqlite-covering-index-scan", "", "The whole index by_pages is read", "icontains"),
    ),
    "an automatic index": (
        "SELECT * FROM small s JOIN middle m ON m.name = s.name",
        ("sqlite-automatic-index", "ORM602", "an index on name of middle", 'fields=["name"]'),
    ),
    "ORDER BY": (
        "SELECT * FROM large ORDER BY title",
        ("sqlite-temp-b-tree", "ORM604", "in the order of ORDER BY", "order_by()"),
    ),
    "part of ORDER BY": (
        "SELECT * FROM large ORDER BY pages, author_id",
        ("sqlite-temp-b-tree", "ORM604", "in the order of ORDER BY", "order_by()"),
    ),
    "ORDER BY behind an index": (
        "SELECT * FROM large WHERE pages = 3 ORDER BY author_id",
        ("sqlite-temp-b-tree", "ORM604", "in the order of ORDER BY", "order_by()"),
    ),
    "GROUP BY": (
        "SELECT author_id, count(*) FROM large GROUP BY author_id",
        ("sqlite-temp-b-tree", "", "in the order of GROUP BY", "grouped fields"),
    ),
    "DISTINCT": (
        "SELECT DISTINCT author_id FROM large",
        ("sqlite-temp-b-tree", "", "DISTINCT", "distinct()"),
    ),
}


@pytest.mark.parametrize(("sql", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(
    database: sqlite3.Connection, sql: str, expected: tuple[str, str, str, str]
) -> None:
    code, hint, message, advice = expected
    [found] = [one for one in findings(database, sql) if one.code == code]
    assert found.hint == hint
    assert message in found.message
    assert advice in found.advice
    assert found.title
    # Nothing is measured.
    assert (found.share, found.ms) == (0, 0)


def test_a_column_with_an_index_is_not_advised(database: sqlite3.Connection) -> None:
    """SQLite has the index, and has decided against it."""
    assert findings(database, "SELECT * FROM large WHERE +pages = 3 AND large.pages > -1") == ()


def test_a_plan_before_3_36(database: sqlite3.Connection) -> None:
    plan = parse_query_plan([(2, 0, 0, "SCAN TABLE large AS l")])
    sql = "SELECT * FROM large AS l WHERE l.title = 'x'"
    [found] = find(plan, sql, SqliteTables(database))
    assert "All of large is read" in found.message
    assert 'fields=["title"]' in found.advice


def test_missing_indexes_come_first(database: sqlite3.Connection) -> None:
    sql = "SELECT * FROM large WHERE author_id = 3 ORDER BY title"
    codes = [found.code for found in findings(database, sql)]
    assert codes == ["sqlite-full-scan", "sqlite-temp-b-tree"]


def test_a_table_that_cannot_be_counted(tmp_path: Path) -> None:
    """An application that holds the database for itself keeps nobody from the plan."""
    path = tmp_path / "locked.sqlite3"
    connection = sqlite3.connect(path, timeout=0)
    connection.executescript(SCRIPT)
    sql = "SELECT * FROM large WHERE title = 'x'"
    plan = parse_query_plan(connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall())
    owner = sqlite3.connect(path, isolation_level=None)
    owner.execute("BEGIN EXCLUSIVE")
    assert find(plan, sql, SqliteTables(connection)) == ()
    owner.close()
    connection.close()


@pytest.mark.django_db(databases=["sqlite"], transaction=True)
def test_what_the_orm_asks() -> None:
    countries = Country.objects.using("sqlite")
    norway = countries.create(name="Norway")
    people = Person.objects.using("sqlite")
    people.bulk_create(Person(name=f"p{i}", country=norway) for i in range(600))
    with recorded("sqlite") as queries:
        list(people.filter(name="p3"))
        list(people.filter(country=norway))
        list(people.order_by("name"))
        list(countries.annotate(number=Count("people")).order_by("id"))
    found: list[Explanation] = [explain(query, analyze=False) for query in queries]
    codes = [[one.code for one in each.plan.findings] for each in found if each.plan]
    assert codes == [["sqlite-full-scan"], [], ["sqlite-temp-b-tree"], []]
    assert found[0].plan is not None
    assert "testapp_person" in found[0].plan.findings[0].message
    connections["sqlite"].close()
