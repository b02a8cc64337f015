"""While the shared store does not answer: nothing is lost, nothing is claimed, all pages tell."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis

from orm_insight import insight
from tests.dashboard.kept import repeated
from tests.dashboard.pages import Dashboard, forms_token
from tests.redis_server import RedisServer
from tests.stores.listing import until

NOTHING_CHANGED = "The store does not answer: nothing was changed."


@pytest.fixture
def shared(dashboard: Dashboard, redis_server: RedisServer, settings) -> Iterator[Dashboard]:
    """A dashboard on a store of its own in Redis; ``token`` is that of its forms."""
    settings.ORM_INSIGHT = {"REDIS_URL": redis_server.url, "REDIS_PREFIX": uuid4().hex}
    insight.reset()
    dashboard.token = forms_token(dashboard.text())
    yield dashboard
    insight.reset()


@pytest.fixture
def away(redis_server: RedisServer) -> Iterator[RedisServer]:
    """Redis, to be stopped by the test; comes back empty."""
    yield redis_server
    redis_server.stop()
    redis_server.start()


def refused(dashboard: Dashboard, path: str, **data: str) -> None:
    response = dashboard.client.post(
        f"/_orm/{path}", {"csrfmiddlewaretoken": dashboard.token, **data}
    )
    assert response.status_code == 503
    assert NOTHING_CHANGED in response.content.decode()


def test_pause_is_refused(shared, away):
    away.stop()

    refused(shared, "pause/")

    assert insight.is_recording()
    assert "Nothing is recorded now" not in shared.text()


def test_resume_is_refused(shared, away):
    insight.pause()
    away.stop()

    refused(shared, "resume/")

    assert not insight.is_recording()


def test_pause_that_was_refused_does_not_come_later(shared, redis_server, settings):
    redis_server.freeze()
    try:
        refused(shared, "pause/")
    finally:
        redis_server.thaw()
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.get(f"{{{settings.ORM_INSIGHT['REDIS_PREFIX']}}}:board") is None


def test_what_another_process_has_paused_is_paused_on_the_next_page(shared, redis_server):
    insight.pause()
    board = insight.store().read_board()
    insight.resume()
    insight.store().write_board(board)

    assert "Paused" in shared.text()


def test_clear_is_refused_and_loses_nothing(shared, redis_server):
    stored = shared.keep(path="/stored/")
    assert insight.store().flush()
    redis_server.freeze()
    try:
        waiting = shared.keep(path="/waiting/")
        refused(shared, "clear/")
        assert insight.trace(waiting.id) is not None
    finally:
        redis_server.thaw()
    assert insight.store().flush(20)

    assert {each.id for each in insight.recent()} == {stored.id, waiting.id}


@pytest.fixture
def stored(shared, away):
    """A trace of another process, once Redis has gone."""
    trace = shared.keep(*repeated(3), path="/stored/")
    assert insight.store().flush()
    insight.reset()
    away.stop()
    return trace


@pytest.mark.parametrize("page", ["", "traces/", "problems/"])
def test_page_tells_why_it_is_empty(shared, stored, away, page):
    text = shared.text(page)

    assert f"Redis at 127.0.0.1:{away.port} fails" in text
    assert "The traces cannot be read at the moment" in text
    assert "Nothing recorded yet" not in text
    assert "<dt>Kept</dt>" not in text


@pytest.mark.parametrize("page", ["", "traces/", "problems/"])
def test_empty_page_of_a_shared_store_says_nothing_of_other_processes(shared, page):
    text = shared.text(page)

    assert "Nothing recorded yet" in text
    assert "Each process of a server" not in text


@pytest.mark.parametrize("page", ["traces.json", "problems.json"])
def test_json_tells_what_is_wrong(shared, redis_server, away, page):
    assert shared.get(page).json()["problem"] is None
    away.stop()

    assert f"127.0.0.1:{redis_server.port} fails" in shared.get(page).json()["problem"]


@pytest.mark.parametrize(
    "page",
    [
        "traces/{id}/",
        "traces/{id}/groups/",
        "traces/{id}/queries/0/",
        "traces/{id}/hints/0/",
        "compare/?before={id}",
    ],
)
def test_trace_that_cannot_be_read_is_not_gone(shared, stored, page):
    text = shared.text(page.format(id=stored.id), status=503)

    assert "This trace cannot be read at the moment" in text
    assert "gone" not in text


@pytest.mark.parametrize(
    "page", ["traces/{id}.json", "traces/{id}/export.json", "traces/{id}/chrome.json"]
)
def test_json_of_a_trace_that_cannot_be_read(shared, stored, page):
    response = shared.get(page.format(id=stored.id))

    assert (response.status_code, "fails" in response.json()["error"]) == (503, True)


def test_trace_that_was_read_before_tells_of_the_store(shared, away):
    trace = shared.keep(*repeated(3))
    assert insight.store().flush()
    made = shared.get(f"traces/{trace.id}.json").json()
    away.stop()

    assert made["problem"] is None
    assert "fails" in shared.text(f"traces/{trace.id}/")
    assert "fails" in shared.get(f"traces/{trace.id}.json").json()["problem"]


def test_trace_that_is_gone_is_gone_although_nothing_can_be_written(shared, redis_server):
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("maxmemory", "1")
        try:
            shared.keep()
            until(lambda: insight.store().problem is not None)
            assert "This trace is gone" in shared.text("traces/nobody/", status=404)
            assert "OutOfMemory" in shared.text("problems/")
        finally:
            client.config_set("maxmemory", "0")


def test_recording_in_depth_is_refused(shared, away):
    trace = shared.keep(path="/books/")
    assert insight.store().flush()
    assert shared.text(f"traces/{trace.id}/")
    away.stop()

    refused(shared, f"traces/{trace.id}/deep/")

    assert not insight.waits_for_deep("/books/")


def test_recording_in_depth_reaches_all_who_share_the_store(shared):
    trace = shared.keep(path="/books/")
    shared.post(f"traces/{trace.id}/deep/")

    assert "All processes know within two seconds" in shared.text(f"traces/{trace.id}/")
    assert b"/books/" in insight.store().read_board()


def test_size_is_that_of_redis(shared):
    text = shared.text("traces/")

    assert "in Redis, of all processes" in text
    assert "<dt>Memory</dt>" not in text
