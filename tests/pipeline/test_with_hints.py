"""Only traces with hints are kept; a thread decides, and in doubt keeps."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from orm_insight import capture, faults, insight
from orm_insight.pipeline import with_hints
from tests.builders import make_query, make_trace
from tests.testapp.factories import make_library

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_with_hints(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.panel.urls"
    settings.ORM_INSIGHT = {"ONLY_WITH_HINTS": True}


def kept() -> list[str]:
    with_hints.flush()
    return [trace.name for trace in reversed(insight.recent())]


def test_a_request_is_kept_where_something_can_be_repaired() -> None:
    make_library(books=5)
    client = Client()
    client.get("/quiet/")
    client.get("/books/")
    assert kept() == ["GET /books/"]


def test_the_thread_looks_by_itself() -> None:
    make_library(books=5)
    Client().get("/books/")
    until = time.monotonic() + 20
    while not insight.recent() and time.monotonic() < until:
        time.sleep(0.02)
    assert [trace.path for trace in insight.recent()] == ["/books/"]


def test_what_was_asked_for_is_kept_in_any_case() -> None:
    with capture("a block"):
        pass
    insight.record_deep_next("/quiet/")
    Client().get("/quiet/")
    call_command("check")
    assert kept() == ["a block", "GET /quiet/"]


def test_what_cannot_be_analysed_is_kept() -> None:
    def fails(trace: Any) -> bool:
        raise RuntimeError("no analysis")

    found: list[Any] = []
    with_hints.offer(make_trace(id="one"), fails, found.append)
    with_hints.flush()
    assert [trace.id for trace in found] == ["one"]
    assert list(faults.counts()) == ["look for hints: RuntimeError: no analysis"]
    faults.clear()


def test_what_is_too_much_to_look_at_is_kept_unseen() -> None:
    may_look = threading.Event()
    found: list[str] = []

    def keep(trace: Any) -> None:
        found.append(trace.id)

    def look(trace: Any) -> bool:
        return may_look.wait(20) and False

    for number in range(220):
        with_hints.offer(make_trace(id=f"{number}"), look, keep)
    assert 15 <= len(found) <= 20
    may_look.set()
    with_hints.flush()
    assert len(found) <= 20


def test_of_a_trace_that_goes_on_only_the_newest_is_looked_at() -> None:
    seen: list[int] = []

    def look(trace: Any) -> bool:
        return bool(seen.append(len(trace.queries)))

    for trace in (make_trace(id="one"), make_trace(make_query(), id="one")):
        with_hints.offer(trace, look, lambda trace: None)
    with_hints.flush()
    assert seen == [1]
