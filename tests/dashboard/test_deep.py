"""A person asks that the next request of a path is a deep recording."""

from __future__ import annotations

import os

import pytest
from django.db.models import Model

from orm_insight import insight
from orm_insight.capture import attribute_access
from tests.dashboard.pages import elements
from tests.testapp.factories import make_library

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def library():
    make_library(books=3)
    yield
    assert "__getattribute__" not in vars(Model)


def ask(dashboard, path, **data):
    """Open a page of the application and press the button on the page of its trace."""
    dashboard.client.get(path)
    trace = insight.recent()[0]
    response = dashboard.post(f"traces/{trace.id}/deep/", referred_by=f"traces/{trace.id}/", **data)
    assert (response.status_code, response["Location"]) == (303, f"/_orm/traces/{trace.id}/#depth")
    return trace


def test_requests_are_not_recorded_in_depth_unless_asked(dashboard):
    dashboard.client.get("/books/")
    [trace] = insight.recent()

    assert not trace.is_deep
    assert "Deep-record the next request" in dashboard.text(f"traces/{trace.id}/")


def test_next_request_of_the_path_and_no_other(dashboard):
    first = ask(dashboard, "/streamed/")
    page = dashboard.text(f"traces/{first.id}/")
    assert "is a deep recording." in page
    assert "/streamed/" in [link.get("href") for link in elements(page, "a")]

    dashboard.client.get("/books/")
    assert not insight.recent()[0].is_deep
    b"".join(dashboard.client.get("/streamed/?page=2").streaming_content)
    assert insight.recent()[0].is_deep
    dashboard.client.get("/streamed/").getvalue()
    assert not insight.recent()[0].is_deep
    assert "Deep-record the next request" in dashboard.text(f"traces/{first.id}/")


def test_page_of_a_recording_in_depth_says_so_and_what_was_in_vain(dashboard):
    ask(dashboard, "/streamed/")
    b"".join(dashboard.client.get("/streamed/").streaming_content)
    trace = insight.recent()[0]

    page = dashboard.text(f"traces/{trace.id}/")

    assert "Deep recording:" in page
    found = {(hint.code, hint.lookup) for hint in insight.report_of(trace).hints}
    assert found == {("ORM105", "publisher"), ("ORM301", "body")}
    assert "publisher is eagerly loaded but unused" in page


def test_nothing_is_said_in_vain_before_the_stream_has_ended(dashboard):
    ask(dashboard, "/streamed/")
    parts = dashboard.client.get("/streamed/").streaming_content
    next(parts)
    assert insight.recent()[0].uses is None
    list(parts)
    assert insight.recent()[0].uses


@pytest.mark.parametrize("is_multiprocess", [True, False])
def test_names_the_process_that_is_asked(dashboard, is_multiprocess):
    environ = {"wsgi.multiprocess": is_multiprocess}
    dashboard.client.get("/books/")
    trace = insight.recent()[0]

    def text() -> str:
        return dashboard.client.get(f"/_orm/traces/{trace.id}/", **environ).content.decode()

    assert (f"Only process {os.getpid()} does it" in text()) is is_multiprocess
    insight.record_deep_next("/books/")
    assert (f"that process {os.getpid()} answers is a deep recording" in text()) is is_multiprocess


def test_wish_is_taken_back(dashboard):
    trace = ask(dashboard, "/books/")
    assert insight.waits_for_deep("/books/")
    token = {"forget": "1"}
    dashboard.post(f"traces/{trace.id}/deep/", referred_by=f"traces/{trace.id}/", **token)

    dashboard.client.get("/books/")

    assert not insight.recent()[0].is_deep


def test_blocks_of_code_are_told_another_way(dashboard):
    trace = dashboard.keep(kind="capture", path=None)

    assert "capture(deep=True)" in dashboard.text(f"traces/{trace.id}/")
    assert dashboard.post(f"traces/{trace.id}/deep/").status_code == 404


def test_wish_about_a_trace_that_is_gone(dashboard):
    assert dashboard.post("traces/0123/deep/").status_code == 404
    assert not insight.waits_for_deep("/books/")


def test_needs_the_token(dashboard):
    dashboard.client.get("/books/")
    trace = insight.recent()[0]

    assert dashboard.client.post(f"/_orm/traces/{trace.id}/deep/").status_code == 403
    assert not insight.waits_for_deep("/books/")


def test_only_so_many_wait():
    for number in range(25):
        insight.record_deep_next(f"/{number}/")
    assert [insight.waits_for_deep(f"/{number}/") for number in (0, 4, 5, 24)] == [
        False,
        False,
        True,
        True,
    ]
    insight.reset()


def test_view_that_fails_leaves_no_hook(dashboard):
    insight.record_deep_next("/fails/")
    dashboard.client.raise_request_exception = False
    assert dashboard.client.get("/fails/").status_code == 500
    assert insight.recent()[0].is_deep
    assert attribute_access._count == 0
