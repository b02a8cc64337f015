"""Requests as traces: what is kept of which request."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError
from django.test import AsyncClient, Client, override_settings

from orm_insight import insight
from orm_insight.capture.active import active
from tests.lines import line_with, place_of
from tests.testapp import admin, views
from tests.testapp.factories import make_library

pytestmark = pytest.mark.django_db


def test_trace_of_a_request(client: Client) -> None:
    make_library(books=3)
    client.get("/books/?page=1")
    [trace] = insight.recent()
    assert (trace.kind, trace.name, trace.method, trace.path) == (
        "request",
        "GET /books/",
        "GET",
        "/books/",
    )
    assert trace.status == 200
    assert trace.view == "tests.testapp.views.book_list"
    assert len(trace.queries) == 4
    assert trace.duration_ms > trace.queries.total_ms > 0
    assert trace.queries[-1].started_ms < trace.duration_ms


def test_hint_of_a_template(client: Client) -> None:
    make_library(books=3)
    client.get("/books/")
    [hint] = insight.report_of(insight.recent()[0]).hints
    assert (hint.code, hint.lookup) == ("ORM101", "author")
    assert hint.site is not None and hint.site.is_template
    assert hint.origin is not None and hint.origin.function == "book_list"


def test_view_that_raises() -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/fails/").status_code == 500
    [trace] = insight.recent()
    assert trace.status == 500
    assert "no_such_table" in (trace.queries[0].error or "")
    assert "no_such_table" in (trace.error or "")
    assert active.get() is None


def test_exception_goes_through(client: Client) -> None:
    with pytest.raises(DatabaseError):
        client.get("/fails/")
    assert active.get() is None


def test_unknown_path(client: Client) -> None:
    client.get("/no/such/page/")
    [trace] = insight.recent()
    assert (trace.status, trace.view) == (404, None)


@override_settings(ORM_INSIGHT={"IGNORE_PATHS": [r"^/books/"]})
def test_ignored_path(client: Client) -> None:
    client.get("/books/")
    assert insight.recent() == ()


@override_settings(ORM_INSIGHT={"ENABLED": False})
def test_disabled(client: Client) -> None:
    client.get("/books/")
    assert insight.recent() == ()


def test_paused(client: Client) -> None:
    insight.pause()
    client.get("/books/")
    insight.resume()
    assert insight.recent() == ()
    client.get("/books/")
    assert len(insight.recent()) == 1


def test_own_pages_are_not_kept(client: Client) -> None:
    client.get("/_orm/")
    assert insight.recent() == ()


def test_async_handler() -> None:
    response = async_to_sync(AsyncClient().get)("/shelf/async/")
    assert response.status_code == 200
    [trace] = insight.recent()
    assert [query.site.function for query in trace.queries if query.site] == ["shelf_async"]


def test_ring_is_bounded(client: Client) -> None:
    with override_settings(ORM_INSIGHT={"MAX_TRACES": 3, "WORST_HOURS": 0}):
        for number in range(5):
            client.get(f"/books/?n={number}")
        assert len(insight.recent()) == 3
        assert insight.status().statistics.evicted == 2


def test_generic_view_is_told_what_to_write_in_its_class(client: Client) -> None:
    make_library(books=3)
    client.get("/books/generic/")
    [hint] = insight.report_of(insight.recent()[0]).hints
    assert place_of(hint.origin) == line_with(views, "class BookList")
    assert hint.fix == 'queryset = Book.objects.select_related("author")'


def test_admin_is_told_what_to_write_in_its_class(admin_client: Client) -> None:
    make_library(books=3)
    admin_client.get("/admin/testapp/book/")
    [hint] = insight.report_of(insight.recent()[0]).hints
    assert place_of(hint.origin) == line_with(admin, "class BookAdmin(")
    assert hint.fix == 'list_select_related = ["author__country"]'
