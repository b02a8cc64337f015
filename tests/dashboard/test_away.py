"""While the shared store does not answer: nothing is lost, nothing is claimed, all pages tell."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis

from orm_insight import insight
from tests.dashboard.pages import Dashboard, forms_token
from tests.redis_server import RedisServer

NOTHING_CHANGED = "The store does not answer now: nothing was changed."


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
