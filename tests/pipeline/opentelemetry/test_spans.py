"""Traces as spans, with the real SDK: names, times, parents, attributes, events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from opentelemetry import trace as api
from opentelemetry.trace import SpanKind, StatusCode

import orm_insight
from orm_insight import insight
from orm_insight.pipeline.opentelemetry import spans as writing
from tests.builders import make_query, make_trace
from tests.pipeline.opentelemetry.conftest import Spans
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db(databases="__all__")
HERE = __name__


def view(request: HttpRequest, number: int) -> HttpResponse:
    for book in Book.objects.order_by("pk"):
        str(book.author.name)
    return HttpResponse()


def instrumentation(get_response):
    """As instrumentations are: a middleware around all others, ours too."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with api.get_tracer("test").start_as_current_span("instrumented", kind=SpanKind.SERVER):
            return get_response(request)

    return middleware


urlpatterns = [path("books/<int:number>/", view, name="books")]


def test_a_query_is_a_span_of_a_client(spans: Spans, alias: str):
    make_library(alias)
    spans.clear()
    with orm_insight.capture("block") as trace:
        list(Book.objects.using(alias).filter(title__startswith="A"))

    [span] = spans.queries()
    [query] = trace.queries
    database = connections[alias].settings_dict
    found = dict(span.attributes)
    assert span.name == "SELECT testapp_book"
    assert found.pop("db.system.name") == connections[alias].vendor
    assert found.pop("db.namespace") == str(database["NAME"])
    assert found.pop("code.file.path") == __file__
    assert found.pop("code.line.number") == query.site.line
    assert found.pop("code.function.name") == query.site.function
    assert found.pop("db.query.text") == query.sql
    assert found.pop("db.query.summary") == "SELECT testapp_book"
    assert found.pop("db.operation.name") == "SELECT"
    assert found.pop("db.collection.name") == "testapp_book"
    assert found.pop("orm_insight.alias") == alias
    assert found.pop("db.response.returned_rows", None) == query.rows
    assert {key for key in found if not key.startswith("server.")} == set()


def test_times_are_those_of_the_statement(spans: Spans):
    started = datetime(2026, 5, 17, 12, 30, 15, 123456, tzinfo=UTC)
    query = make_query("SELECT 1", started_ms=2.5, duration_ms=10.25)
    insight.keep(make_trace(query, started_at=started, duration_ms=20.0))

    begin = int((started - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 1_000
    [span] = spans.queries()
    root = spans.root()
    assert (root.start_time, root.end_time) == (begin, begin + 20_000_000)
    assert (span.start_time, span.end_time) == (begin + 2_500_000, begin + 12_750_000)


@pytest.mark.urls(HERE)
def test_a_request_is_a_span_with_the_name_of_its_endpoint(spans: Spans):
    make_library()
    spans.clear()

    Client().get("/books/7/")

    root = spans.root()
    assert root.name == "GET books"
    assert root.attributes["url.path"] == "/books/7/"
    assert root.attributes["http.response.status_code"] == 200
    assert root.attributes["orm_insight.query.count"] == len(spans.queries()) > 2
    assert {span.parent.span_id for span in spans.queries()} == {root.context.span_id}


@pytest.mark.urls(HERE)
def test_a_request_joins_the_span_of_its_instrumentation(spans: Spans, settings):
    settings.MIDDLEWARE = [f"{HERE}.instrumentation", *settings.MIDDLEWARE]

    Client().get("/books/7/")

    [server] = [span for span in spans.all() if span.kind is SpanKind.SERVER]
    [trace] = insight.recent()
    assert trace.span.span_id == format(server.context.span_id, "016x")
    assert spans.root().parent.span_id == server.context.span_id


@pytest.mark.urls(HERE)
def test_hints_are_events_of_the_span(spans: Spans):
    make_library()
    spans.clear()

    Client().get("/books/7/")

    [event] = spans.root().events
    assert event.name == "orm_insight.hint"
    assert event.attributes["orm_insight.hint.code"] == "ORM101"
    assert 'select_related("author")' in event.attributes["orm_insight.hint.fix"]
    assert event.attributes["code.file.path"] == __file__


def test_the_span_around_is_the_parent_and_is_kept(spans: Spans):
    tracer = api.get_tracer("test")
    with tracer.start_as_current_span("outside") as outside, orm_insight.capture("block") as block:
        Book.objects.count()

    context = outside.get_span_context()
    kept = insight.trace(block.id).span
    assert (int(kept.trace_id, 16), int(kept.span_id, 16)) == (context.trace_id, context.span_id)
    [root] = [span for span in spans.all() if span.name == "block"]
    assert (root.parent.span_id, root.context.trace_id) == (context.span_id, context.trace_id)


def test_a_span_that_begins_inside_is_met_at_the_end(spans: Spans):
    with orm_insight.capture("block") as block:
        span = api.get_tracer("test").start_span("inside")
        token = api.context_api.attach(api.set_span_in_context(span))
    api.context_api.detach(token)

    assert insight.trace(block.id).span.span_id == format(span.get_span_context().span_id, "016x")


def test_what_was_not_sampled_has_no_spans(spans: Spans):
    context = api.SpanContext(7, 8, is_remote=True, trace_flags=api.TraceFlags(0))
    around = api.set_span_in_context(api.NonRecordingSpan(context))
    token = api.context_api.attach(around)
    with orm_insight.capture("block") as block:
        Book.objects.count()
    api.context_api.detach(token)

    assert spans.all() == []
    assert insight.trace(block.id).span.is_sampled is False


def test_errors(spans: Spans):
    with (
        pytest.raises(DatabaseError),
        orm_insight.capture("block"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT nothing_of_that_name")

    root = spans.root()
    [span] = [span for span in spans.queries() if span.attributes["db.operation.name"] == "SELECT"]
    for failed in (root, span):
        assert failed.status.status_code is StatusCode.ERROR
        assert failed.attributes["error.type"] in ("ProgrammingError", "OperationalError")


def test_batches(spans: Spans):
    with orm_insight.capture("block"), connection.cursor() as cursor:
        cursor.executemany("INSERT INTO testapp_genre (name) VALUES (%s)", [["a"], ["b"]])

    [span] = spans.queries()
    assert span.attributes["db.operation.name"] == "BATCH INSERT"
    assert span.attributes["db.operation.batch.size"] == 2


def test_values_in_the_text_of_a_statement_stay_here(spans: Spans):
    with orm_insight.capture("block"), connection.cursor() as cursor:
        cursor.execute("SELECT 'ann@example.org'")

    [span] = spans.queries()
    assert span.attributes["db.query.text"] == "SELECT ?"


def test_commands_and_tags(spans: Spans):
    call_command("count_books", limit=1)
    insight.keep(make_trace(kind="task", name="shop.send", tags={"task id": "77"}))

    command, task = (span for span in spans.all() if span.kind is SpanKind.INTERNAL)
    if command.name != "count_books":
        command, task = task, command
    assert command.name == "count_books"
    assert (task.name, task.attributes["orm_insight.tag.task_id"]) == ("shop.send", "77")


def test_there_is_a_bound_and_the_rest_is_summed_up(spans: Spans, monkeypatch):
    monkeypatch.setattr(writing, "MAX_SPANS", 3)
    queries = [make_query("SELECT 1", index=i, duration_ms=2.0) for i in range(5)]
    insight.keep(make_trace(*queries, dropped=1))

    assert len(spans.queries()) == 3
    assert spans.root().attributes["orm_insight.query.without_span.count"] == 3
    assert spans.root().attributes["orm_insight.query.without_span.duration_ms"] == 4.0


def test_a_trace_that_goes_on_has_only_what_is_new_written(spans: Spans):
    first = make_query("SELECT 1", index=0)
    insight.keep(make_trace(first, id="same"))
    assert len(spans.all()) == 2
    insight.keep(make_trace(first, make_query("SELECT 2", index=1), id="same"))

    assert len(spans.queries()) == 2
    assert {span.parent.span_id for span in spans.queries()} == {spans.root().context.span_id}


def test_switched_off_by_default(spans: Spans, settings):
    settings.ORM_INSIGHT = {}
    with orm_insight.capture("block"):
        Book.objects.count()

    assert spans.all() == []


def test_imported_trace_is_not_written(spans: Spans):
    sent = make_trace(make_query(), imported_at=datetime.now(UTC))
    insight.keep(sent)
    insight.keep(make_trace(make_query("SELECT 1")))

    assert [span.name for span in spans.queries()] == ["SELECT"]
