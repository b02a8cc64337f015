"""The recorded facts of a statement."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import Value
from psycopg import sql as psycopg_sql

import orm_insight
from orm_insight.capture.active import active
from orm_insight.capture.wrapper import record_query
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre, Person

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def keep_parameters(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}


def test_every_alias() -> None:
    with orm_insight.capture() as trace:
        Book.objects.using("default").count()
        Book.objects.using("sqlite").count()
    assert [query.alias for query in trace.queries] == ["default", "sqlite"]
    assert [query.vendor for query in trace.queries] == [connection.vendor, "sqlite"]


def test_one_wrapper_per_connection() -> None:
    for alias in connections:
        assert connections[alias].execute_wrappers.count(record_query) == 1


def test_failed_statement(alias: str) -> None:
    with (
        orm_insight.capture() as trace,
        pytest.raises(DatabaseError),
        transaction.atomic(using=alias),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM no_such_table")
    [failed] = [query for query in trace.queries if "no_such_table" in query.sql]
    assert failed.error is not None
    assert "no_such_table" in failed.error
    assert failed.in_transaction


def test_statement_in_a_failed_transaction() -> None:
    with (
        orm_insight.capture() as trace,
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        try:
            cursor.execute("SELECT * FROM no_such_table")
        except DatabaseError:
            cursor.execute("SELECT 1")
    assert [bool(query.error) for query in trace.queries if "SELECT" in query.sql][:2] == [
        True,
        connection.vendor == "postgresql",
    ]


def test_executemany_keeps_first_parameters_and_batch_size(alias: str) -> None:
    rows = [("a",), ("b",), ("c",)]
    with orm_insight.capture() as trace, connections[alias].cursor() as cursor:
        cursor.executemany("INSERT INTO testapp_genre (name) VALUES (%s)", rows)
    [query] = trace.queries
    assert query.params == ("a",)
    assert query.batch_size == 3
    assert Genre.objects.using(alias).count() == 3


def test_executemany_from_an_iterator_is_not_consumed(alias: str) -> None:
    rows = (row for row in [("a",), ("b",)])
    with orm_insight.capture() as trace, connections[alias].cursor() as cursor:
        cursor.executemany("INSERT INTO testapp_genre (name) VALUES (%s)", rows)
    assert trace.queries[0].params is None
    assert Genre.objects.using(alias).count() == 2


@pytest.mark.postgres
def test_rows_where_the_driver_knows_them() -> None:
    make_library(books=3)
    with orm_insight.capture() as trace:
        list(Book.objects.all())
        Book.objects.filter(pages__gt=100).update(pages=1)
    assert [query.rows for query in trace.queries] == [3, 2]


def test_rows_are_unknown_on_sqlite() -> None:
    with orm_insight.capture() as trace:
        list(Book.objects.using("sqlite"))
    assert trace.queries[0].rows is None


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_transaction(alias: str) -> None:
    with orm_insight.capture() as trace:
        Book.objects.using(alias).count()
        with transaction.atomic(using=alias):
            Book.objects.using(alias).count()
    counts = [query for query in trace.queries if "COUNT" in query.sql]
    assert [query.in_transaction for query in counts] == [False, True]


@pytest.mark.postgres
def test_parameters_keep_their_types() -> None:
    values: list[Any] = [
        uuid4(),
        Decimal("1.50"),
        datetime.now(UTC),
        timedelta(hours=1),
        ["a", "b"],
        b"\xff\x00",
        None,
        True,
    ]
    with orm_insight.capture() as trace, connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(["%s"] * len(values)), values)
        cursor.execute("SELECT %(a)s::text", {"a": "x"})
        cursor.execute("SELECT 100 % 7")
    assert list(trace.queries[0].params or ()) == values
    assert trace.queries[1].params == {"a": "x"}
    assert trace.queries[2].params is None


def test_parameters_are_a_snapshot(alias: str) -> None:
    titles = ["a", "b"]
    params = ["x"]
    with orm_insight.capture() as trace, connections[alias].cursor() as cursor:
        cursor.execute("SELECT %s", params)
        params[0] = "changed"
        titles.clear()
    assert trace.queries[0].params == ("x",)


@pytest.mark.postgres
def test_bytes_are_kept_as_text() -> None:
    with orm_insight.capture() as trace, connection.cursor() as cursor:
        cursor.execute("SELECT 'é'".encode())
    assert trace.queries[0].sql == "SELECT 'é'"


@pytest.mark.postgres
def test_composed_sql_is_kept_as_text() -> None:
    statement = psycopg_sql.SQL("SELECT {} FROM {}").format(
        psycopg_sql.Literal("it's"), psycopg_sql.Identifier("testapp_book")
    )
    with orm_insight.capture() as trace, connection.cursor() as cursor:
        cursor.execute(statement)
    assert trace.queries[0].sql == """SELECT 'it''s' FROM "testapp_book\""""


@pytest.mark.postgres
def test_server_side_cursor() -> None:
    make_library(books=3)
    with orm_insight.capture() as trace:
        assert len(list(Book.objects.iterator(chunk_size=2))) == 3
    [query] = trace.queries
    assert query.sql.startswith("SELECT")


def test_hostile_values_are_kept_as_they_are(alias: str) -> None:
    name = "<script>alert(1)</script>\x01"
    with orm_insight.capture() as trace:
        list(Person.objects.using(alias).filter(name=name))
        list(Person.objects.using(alias).annotate(x=Value("%s %(a)s")).values("x"))
    assert trace.queries[0].params == (name,)


def test_long_statements_and_many_parameters(alias: str) -> None:
    with orm_insight.capture() as trace, connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1 /* " + "x" * 2_000_000 + " */")
        count = 50_000 if alias == "default" else 30_000
        cursor.execute(f"SELECT 1 WHERE 1 IN ({', '.join(['%s'] * count)})", list(range(count)))
    report = trace.report()
    assert len(report.queries[0].sql) > 2_000_000
    assert len(report.queries[1].params or ()) == count
    assert len(report.groups) == 2


def test_limit_counts_and_sums_the_rest(settings: Any, alias: str) -> None:
    settings.ORM_INSIGHT = {"MAX_QUERIES": 3}
    with orm_insight.capture() as trace:
        for _ in range(10):
            Book.objects.using(alias).count()
    assert len(trace.queries) == 3
    assert trace.dropped == 7
    [group] = trace.report().groups
    assert group.count == 10
    assert group.total_ms > sum(query.duration_ms for query in group.queries)
    assert trace.report().query_count == 10


def test_nested_blocks() -> None:
    with orm_insight.capture("outer") as outer:
        Book.objects.count()
        with orm_insight.capture("inner") as inner:
            Person.objects.count()
        Genre.objects.count()
    assert len(inner.queries) == 1
    assert len(outer.queries) == 3
    assert active.get() is None


def test_block_that_raises_keeps_its_trace() -> None:
    block = orm_insight.capture("broken")
    with pytest.raises(ZeroDivisionError), block:
        Book.objects.count()
        raise ZeroDivisionError("oh")
    assert len(block.queries) == 1
    assert block.finished().error == "ZeroDivisionError: oh"
    assert active.get() is None


def test_decorator() -> None:
    @orm_insight.capture("count books")
    def count() -> int:
        return Book.objects.count()

    assert count() == count() == 0
    names = [trace.name for trace in orm_insight.insight.recent(2)]
    assert names == ["count books", "count books"]


def test_block_is_entered_once() -> None:
    block = orm_insight.capture()
    with block:
        pass
    with pytest.raises(RuntimeError, match="create a new one"), block:
        pass


def test_before_the_block() -> None:
    with pytest.raises(RuntimeError, match="before the block"):
        orm_insight.capture().report()


def test_other_threads_are_not_recorded_by_chance() -> None:
    def count() -> None:
        try:
            Book.objects.using("sqlite").none().count()
            assert active.get() is None
        finally:
            connections.close_all()

    with orm_insight.capture() as trace:
        thread = threading.Thread(target=count)
        thread.start()
        thread.join()
    assert len(trace.queries) == 0
