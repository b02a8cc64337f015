"""Who records a request: the panel, or the middleware that it meets."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from orm_insight import insight
from orm_insight.capture.active import active
from orm_insight.recording.blocks import capture
from tests.panel.toolbar import MIDDLEWARE, PANEL, stats_of
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(params=["outside", "inside", "absent"])
def middleware(request, settings):
    """The place of our middleware, seen from the toolbar's."""
    others = [name for name in settings.MIDDLEWARE if name != MIDDLEWARE]
    settings.MIDDLEWARE = {
        "outside": [MIDDLEWARE, *others],
        "inside": [*others, MIDDLEWARE],
        "absent": others,
    }[request.param]
    return request.param


def test_request_is_recorded_once(middleware):
    make_library(books=3)

    response = Client().get("/books/")

    (trace,) = insight.recent()
    assert len(trace.queries) == 4
    assert (trace.name, trace.status, trace.path) == ("GET /books/", 200, "/books/")
    assert stats_of(response)["trace_id"] == trace.id
    assert stats_of(response)["queries"] == 4
    assert active.get() is None


def test_request_of_asynchronous_view_is_recorded_once(middleware):
    make_library(books=3)

    response = async_to_sync(AsyncClient().get)("/async/")

    (trace,) = insight.recent()
    assert len(trace.queries) == 1
    assert stats_of(response)["trace_id"] == trace.id
    assert stats_of(response)["queries"] == 1


def test_answer_that_is_no_page_is_recorded(middleware):
    make_library(books=2)

    response = Client().get("/json/")

    assert stats_of(response)["queries"] == 1
    assert insight.recent()[0].path == "/json/"


def test_failing_view_is_recorded_with_its_status(middleware):
    response = Client(raise_request_exception=False).get("/failing/")

    assert response.status_code == 500
    assert stats_of(response)["queries"] == 1
    assert insight.recent()[0].status == 500


def test_pages_of_the_toolbar_are_not_kept(middleware):
    client = Client()
    response = client.get("/quiet/")
    kept = insight.recent()

    client.get("/__debug__/render_panel/", {"request_id": "x", "panel_id": PANEL})

    assert insight.recent() == kept
    assert stats_of(response)["queries"] == 0


def test_pages_of_the_dashboard_are_not_kept(middleware):
    client = Client()

    response = client.get("/_orm/")

    assert response.status_code == 200
    assert insight.recent() == ()
    assert stats_of(response) == {"trace_id": None}


def test_outer_block_goes_on_after_the_toolbar(middleware):
    """The toolbar gives back what it pauses."""
    make_library(books=3)

    with capture("around") as trace:
        Client().get("/books/")
        Book.objects.count()

    assert len(trace.queries) == 5
