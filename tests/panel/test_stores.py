"""The toolbar's stores keep a few numbers; the ring has the trace, until it has expired."""

from __future__ import annotations

import json

import debug_toolbar.store
import pytest
from django.db import connection
from django.test import Client

from orm_insight import insight
from tests.panel.toolbar import MIDDLEWARE, content_of, stats_of, switch_to
from tests.testapp.factories import make_library

pytestmark = pytest.mark.django_db

# The first version of the toolbar that is supported has only the first.
STORES = [
    name
    for name in ("MemoryStore", "CacheStore", "DatabaseStore")
    if hasattr(debug_toolbar.store, name)
]


@pytest.fixture(params=STORES)
def store(request, settings, developing):
    """The table of the DatabaseStore exists only in projects that use it from the start."""
    if request.param == "DatabaseStore":
        entry = debug_toolbar.store.HistoryEntry
        if entry._meta.db_table not in connection.introspection.table_names():
            with connection.schema_editor() as editor:
                editor.create_model(entry)
    settings.DEBUG_TOOLBAR_CONFIG = {
        "IS_RUNNING_TESTS": False,
        "TOOLBAR_STORE_CLASS": f"debug_toolbar.store.{request.param}",
    }


def test_stats_are_small_and_survive_the_store(store):
    make_library(books=20)

    response = Client().get("/books/")

    stats = stats_of(response)
    assert stats == {
        "trace_id": insight.recent()[0].id,
        "queries": 21,
        "query_ms": pytest.approx(insight.recent()[0].queries.total_ms),
        "lines": 2,
        "hints": 1,
    }
    assert len(json.dumps(stats)) < 200


def test_work_of_the_store_is_not_recorded(store, settings):
    assert settings.MIDDLEWARE[0] == MIDDLEWARE, "recording goes on around the toolbar"

    Client().get("/quiet/")

    assert [query.sql for query in insight.recent()[0].queries] == []


def test_work_of_the_store_is_not_recorded_without_our_panel(store, settings):
    settings.DEBUG_TOOLBAR_PANELS = ["debug_toolbar.panels.history.HistoryPanel"]

    Client().get("/quiet/")

    [trace] = insight.recent()
    assert [query.sql for query in trace.queries] == []


def test_panel_is_made_from_the_ring(store):
    make_library(books=20)
    client = Client()

    content = content_of(client, client.get("/books/"))

    assert "book_list.html" in content
    assert "ORM101" in content


def test_history_shows_an_earlier_request(store):
    make_library(books=20)
    client = Client()
    earlier = client.get("/books/")
    client.get("/quiet/")

    panel = switch_to(client, earlier)

    assert "21 queries · 1 hint" in panel["button"]
    assert "21 queries from 2 lines of code" in panel["content"]
    assert "book_list.html" in content_of(client, earlier)


def test_expired_trace_says_so(store):
    client = Client()
    response = client.get("/quiet/")
    insight.clear()

    assert "This trace has expired" in content_of(client, response)
