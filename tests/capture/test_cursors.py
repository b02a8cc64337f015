"""Other calls of a cursor than ``execute()``, on PostgreSQL: procedures, COPY, chunks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connections

import orm_insight
from orm_insight.insight import explain
from tests.lines import line_with, place_of
from tests.testapp.models import Genre

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(databases="__all__", transaction=True)]
HERE = Path(__file__)
ALIAS = "default"


@pytest.fixture(autouse=True)
def shown(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}


def test_stored_procedure() -> None:
    with orm_insight.capture() as trace, connections[ALIAS].cursor() as cursor:
        cursor.callproc("lower", ["LOUD"])  # called
        assert cursor.fetchone() == ("loud",)
    [query] = trace.queries
    assert (query.sql, query.params) == ('SELECT * FROM "lower"(%s)', ("LOUD",))
    assert place_of(query.site) == line_with(HERE, "# called")
    assert query.rows == 1
    assert explain(trace.id, 0, analyze=True).plan is not None


def test_stored_procedure_that_is_not_there() -> None:
    with (
        orm_insight.capture() as trace,
        pytest.raises(DatabaseError),
        connections[ALIAS].cursor() as cursor,
    ):
        cursor.callproc("no_such_procedure")
    [query] = trace.queries
    assert "no_such_procedure" in query.error


@pytest.mark.parametrize("debug", [False, True])
def test_copy_in_and_out(settings: Any, *, debug: bool) -> None:
    """With DEBUG, Django's cursor has a method of its own."""
    settings.DEBUG = debug
    table = Genre._meta.db_table
    with orm_insight.capture() as trace, connections[ALIAS].cursor() as cursor:
        with cursor.copy(f"COPY {table} (name) FROM STDIN") as rows:  # written
            for name in ("a", "b", "c"):
                rows.write_row((name,))
        with cursor.copy(f"COPY (SELECT name FROM {table} ORDER BY 1) TO STDOUT") as rows:
            assert [row for (row,) in rows.rows()] == ["a", "b", "c"]
    written, read = trace.queries
    assert (written.sql, written.rows) == (f"COPY {table} (name) FROM STDIN", 3)
    assert place_of(written.site) == line_with(HERE, "# written")
    assert read.rows == 3


def test_rows_that_are_streamed() -> None:
    with orm_insight.capture() as trace, connections[ALIAS].cursor() as cursor:
        rows = cursor.stream("SELECT generate_series(1, %s)", [3])  # not yet sent
        assert len(trace.queries) == 0
        assert list(rows) == [(1,), (2,), (3,)]  # read here
    [query] = trace.queries
    assert (query.sql, query.params) == ("SELECT generate_series(1, %s)", (3,))
    assert place_of(query.site) == line_with(HERE, "# read here")


def test_stream_that_is_left_open_belongs_to_nobody_else() -> None:
    with connections[ALIAS].cursor() as cursor:
        with orm_insight.capture() as first:
            rows = cursor.stream("SELECT generate_series(1, 3)")
            assert next(rows) == (1,)
        with orm_insight.capture() as second:
            rows.close()
    assert (len(first.queries), len(second.queries)) == (0, 0)


def test_copy_is_missing_where_the_driver_has_none() -> None:
    with connections["sqlite"].cursor() as cursor:
        assert not hasattr(cursor, "copy")


def test_pipeline_and_server_side_cursor() -> None:
    connection = connections[ALIAS]
    connection.ensure_connection()
    with orm_insight.capture() as trace:
        with connection.connection.pipeline(), connection.cursor() as cursor:
            for number in range(5):
                cursor.execute("SELECT %s::int", [number])
        for genre in Genre.objects.using(ALIAS).iterator(chunk_size=1):
            assert genre.name
        with connection.chunked_cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchall() == [(1,)]
    assert [query.params[0] for query in trace.queries[:5]] == [0, 1, 2, 3, 4]
    assert len(trace.queries) == 7


def test_after_the_soft_limit_values_and_far_frames_are_left_out(settings: Any) -> None:
    settings.ORM_INSIGHT = {
        "REDACT_PARAMS": False,
        "MAX_DETAILED_QUERIES": 2,
        "MAX_QUERIES": 4,
    }
    with orm_insight.capture() as trace, connections[ALIAS].cursor() as cursor:
        for number in range(2):
            cursor.execute("SELECT %s::int", [number])
        for number in (7, 8, 8):
            cursor.execute("SELECT %s::bigint", [number])  # after the limit
    assert [query.params for query in trace.queries[:2]] == [(0,), (1,)]
    third, fourth = trace.queries[2:]
    assert repr(third.params) == "(<redacted>,)"
    assert third.params != fourth.params
    assert place_of(third.site) == line_with(HERE, "# after the limit")
    assert sum(frame.is_application for frame in third.frames) == 1
    assert len(third.frames) < len(trace.queries[0].frames)
    assert trace.dropped == 1
