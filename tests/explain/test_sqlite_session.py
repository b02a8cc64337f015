"""SQLite's query plan: read into a tree, and asked for on a connection that cannot write."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.runner import explain
from orm_insight.explain.sqlite import parse_query_plan, render_query_plan
from orm_insight.model.trace import Params, Query
from tests.explain.recording import recorded
from tests.testapp.models import Book, Country, Genre, Person

ROWS = [
    (2, 0, 0, "MATERIALIZE totals"),
    (5, 2, 0, "SCAN blog_comment"),
    (9, 0, 62, "SEARCH b USING COVERING INDEX by_author (author_id=?)"),
    (12, 0, 0, "SEARCH a USING AUTOMATIC COVERING INDEX (name=?)"),
    (15, 0, 0, "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"),
    (18, 0, 0, "SCAN 3 CONSTANT ROWS"),
    (20, 0, 0, "SCAN TABLE old AS o USING INDEX by_name"),
    (25, 0, 0, "USE TEMP B-TREE FOR ORDER BY"),
]


def test_rows_become_a_tree() -> None:
    plan = parse_query_plan(ROWS)
    assert plan.root.node_type == "QUERY PLAN"
    found = [(node.node_type, node.relation, node.index) for node in plan.nodes()][1:]
    assert found == [
        ("MATERIALIZE totals", None, None),
        ("SCAN", "blog_comment", None),
        ("SEARCH", "b", "by_author"),
        ("SEARCH", "a", None),
        ("SEARCH", "p", None),
        ("SCAN 3 CONSTANT ROWS", None, None),
        ("SCAN", "old", "by_name"),
        ("USE TEMP B-TREE FOR ORDER BY", None, None),
    ]
    assert [node.alias for node in plan.nodes() if node.alias] == ["o"]
    assert [child.raw["id"] for child in plan.root.children[0].children] == [5]
    assert all(node.self_ms is None and node.rows is None for node in plan.nodes())


def test_text_as_the_shell_draws_it() -> None:
    assert render_query_plan(parse_query_plan(ROWS[:3])) == (
        "QUERY PLAN\n"
        "|--MATERIALIZE totals\n"
        "|  `--SCAN blog_comment\n"
        "`--SEARCH b USING COVERING INDEX by_author (author_id=?)"
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A file of its own behind the alias ``other``."""
    path = tmp_path / "with space?#.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name); "
        "INSERT INTO item (name) VALUES ('a'), ('b');"
    )
    connection.close()
    yield from alias(NAME=path)


def alias(**settings: Any) -> Iterator[Any]:
    before = connections["sqlite"].settings_dict
    connections.databases["other"] = {**before, "TEST": {}, **settings}
    try:
        yield settings["NAME"]
    finally:
        del connections.databases["other"]
        if hasattr(connections._connections, "other"):
            del connections["other"]


@pytest.fixture
def unguarded(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


pytestmark = pytest.mark.usefixtures("unguarded")


def ask(sql: str, params: Params = None, *, analyze: bool = False) -> Explanation:
    return explain(
        Query(index=0, sql=sql, params=params, alias="other", vendor="sqlite"), analyze=analyze
    )


def test_a_plan(database: Path) -> None:
    found = ask("SELECT * FROM item WHERE id = %s", (1,))
    assert found.outcome is Outcome.EXPLAINED, found.error
    assert found.plan is not None
    [step] = found.plan.root.children
    assert (step.node_type, step.relation) == ("SEARCH", "item")
    assert found.payload == [dict(step.raw)]
    assert "SEARCH item USING INTEGER PRIMARY KEY" in found.text
    assert found.notice is None


def test_analyze_is_explained(database: Path) -> None:
    found = ask("SELECT * FROM item", analyze=True)
    assert not found.analyzed
    assert found.notice is not None and "SQLite" in found.notice


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("SELECT * FROM item WHERE name LIKE 'a%'", None),
        ("SELECT * FROM item WHERE name LIKE 'a%%' AND id = %s", (1,)),
        ("SELECT * FROM item WHERE name = %(name)s", {"name": "b"}),
        ("SELECT * FROM item WHERE name IN (%s, %s, %s)", (None, b"\x00", 1.5)),
        ("SELECT * FROM item WHERE name REGEXP %s", ("^a",)),
        ("SELECT django_date_trunc('year', name, NULL, NULL) FROM item", ()),
        ("INSERT INTO item (name) VALUES (%s)", ("c",)),
        ("UPDATE item SET name = %s", ("c",)),
        ("DELETE FROM item", None),
        ("WITH a AS (SELECT 1) SELECT * FROM a", None),
    ],
)
def test_statements_and_parameters(database: Path, sql: str, params: Params) -> None:
    before = database.read_bytes()
    for analyze in (False, True):
        assert ask(sql, params, analyze=analyze).outcome is Outcome.EXPLAINED
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT * FROM gone", "no such table: gone"),
        ("SELECT 1; DELETE FROM item", "one statement"),
        ("DROP TABLE item", "no plan for DROP"),
        ("CREATE TABLE other (id)", "no plan for CREATE"),
        ("PRAGMA user_version = 7", "no plan for PRAGMA"),
        ("PRAGMA journal_mode = wal", "no plan for PRAGMA"),
        ("ATTACH 'other.sqlite3' AS other", "no plan for ATTACH"),
        ("VACUUM", "no plan for VACUUM"),
        ("BEGIN", "no plan for BEGIN"),
        ("SAVEPOINT a", "no plan for SAVEPOINT"),
        ("", "empty"),
    ],
)
def test_no_plan(database: Path, sql: str, words: str) -> None:
    before = database.read_bytes()
    found = ask(sql, analyze=True)
    assert found.error is not None and words in found.error
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == [database.name]


@pytest.mark.parametrize("params", [("a",), {"a": 1}, (1, 2, 3), (object(), 2), (2**70, 1)])
def test_parameters_that_do_not_fit(database: Path, params: Params) -> None:
    assert ask("SELECT %s, %s", params).error


def test_a_file_that_is_gone_is_not_created(database: Path) -> None:
    database.unlink()
    found = ask("SELECT 1")
    assert found.outcome is Outcome.UNAVAILABLE
    assert found.error is not None and "unable to open" in found.error
    assert not database.exists()


def test_write_ahead_log_and_an_open_writer(database: Path) -> None:
    writer = sqlite3.connect(database)
    writer.execute("PRAGMA journal_mode = wal")
    writer.execute("INSERT INTO item (name) VALUES ('c')")
    found = ask("SELECT * FROM item")
    writer.rollback()
    writer.close()
    assert found.outcome is Outcome.EXPLAINED, found.error


@pytest.mark.parametrize("name", [":memory:", "file::memory:", "file:x?mode=memory", ""])
def test_a_private_database_in_memory(name: str) -> None:
    for _ in alias(NAME=name):
        found = ask("SELECT 1")
    assert found.outcome is Outcome.REFUSED
    assert found.error is not None and "memory" in found.error


def test_a_shared_database_in_memory_survives() -> None:
    name = f"file:{uuid.uuid4().hex}?mode=memory&cache=shared"
    application = sqlite3.connect(name, uri=True)
    application.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)")
    application.execute("INSERT INTO item VALUES (1)")
    for _ in alias(NAME=name):
        found = ask("SELECT * FROM item")
    assert found.outcome is Outcome.EXPLAINED, found.error
    assert application.execute("SELECT count(*) FROM item").fetchone() == (1,)
    application.close()


@pytest.mark.django_db(databases=["sqlite"])
def test_everything_that_the_orm_sends() -> None:
    with recorded("sqlite") as queries:
        country = Country.objects.using("sqlite").create(name="Norway")
        people = Person.objects.using("sqlite")
        people.bulk_create([Person(name=f"p{i}", country=country) for i in range(3)])
        list(people.select_related("country").filter(name__iregex="P", country__name="Norway"))
        list(Book.objects.using("sqlite").filter(published__year=2025, pages__gt=Decimal("1.5")))
        Genre.objects.using("sqlite").get_or_create(name="a")
        people.update(name="x")
        people.all().delete()
    outcomes = {q.sql.split()[0]: explain(q, analyze=True).outcome for q in queries}
    expected = {"INSERT", "SELECT", "UPDATE", "DELETE"}
    assert {verb for verb, outcome in outcomes.items() if outcome == "explained"} == expected
    assert set(outcomes) - expected <= {"SAVEPOINT", "RELEASE"}
