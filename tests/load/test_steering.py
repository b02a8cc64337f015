"""A change on the dashboard of one worker holds in all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from orm_insight.recording.control import POLL_S
from orm_insight.stores.redis import RedisStore
from tests.load.database import Database
from tests.load.running import Site, running
from tests.redis_server import RedisServer

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.process,
    pytest.mark.server,
    pytest.mark.xdist_group("load"),
]
ASKED, PATIENCE_S, WRITTEN_S = 16, 30, 1.0
PAGE = "/no-such-page/"


def post(browser: httpx.Client, path: str, **fields: str) -> None:
    """With the token that a page of the dashboard holds."""
    page = browser.get("/_orm/recording/").text
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    response = browser.post(f"/_orm/{path}", data={"csrfmiddlewaretoken": token, **fields})
    assert response.status_code == 303, response.text[:500]


def recorded(store: RedisStore, browser: httpx.Client) -> int:
    """How many of some requests are, each over a connection of its own to any worker."""
    before = len(store.listed())
    for _ in range(ASKED):
        browser.get(PAGE, headers={"Connection": "close"})
    time.sleep(WRITTEN_S)
    return len(store.listed()) - before


def comes_to(expected: int, count: Callable[[], int]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while count() != expected:
        if time.monotonic() > until:
            return False
    return True


@pytest.mark.parametrize("server", ["gunicorn", "uvicorn"])
def test_all_workers_follow_a_rate_and_a_pause_and_go_back(
    server: str, database: Database, redis_server: RedisServer, tmp_path: Path
):
    store = RedisStore(redis_server.url, max_traces=20_000)
    ours = {"ON_DEMAND": True}
    site = Site(databases=database.settings(), redis_url=redis_server.url, ours=ours)
    with running(server, site, tmp_path / "log") as served:
        urls = {"base_url": served.address}
        with httpx.Client(**urls) as developer, httpx.Client(**urls) as visitor:
            assert recorded(store, developer) == 0
            post(developer, "record-me/")
            assert comes_to(ASKED, lambda: recorded(store, developer))
            assert recorded(store, visitor) == 0
            post(developer, "recording/", sample_rate="0")
            assert comes_to(0, lambda: recorded(store, developer))
            post(developer, "recording/", settings="1")
            assert comes_to(ASKED, lambda: recorded(store, developer))
            post(developer, "pause/")
            assert comes_to(0, lambda: recorded(store, developer))
            post(developer, "resume/")
            assert comes_to(ASKED, lambda: recorded(store, developer))
    store.write_board(b"")
    store.close()


def deep_ones(store: RedisStore, browser: httpx.Client) -> int:
    """How many traces in depth there are, after some more requests."""
    recorded(store, browser)
    return sum(entry.summary.is_deep for entry in store.listed())


def test_any_worker_records_in_depth_what_another_was_asked_for(
    database: Database, redis_server: RedisServer, tmp_path: Path
):
    store = RedisStore(redis_server.url, max_traces=20_000)
    store.clear()
    site = Site(databases=database.settings(), redis_url=redis_server.url)
    with (
        running("gunicorn", site, tmp_path / "log") as served,
        httpx.Client(base_url=served.address) as browser,
    ):
        assert comes_to(ASKED, lambda: recorded(store, browser))
        time.sleep(2 * POLL_S)
        assert deep_ones(store, browser) == 0
        post(browser, f"traces/{store.listed()[0].summary.id}/deep/")
        time.sleep(2 * POLL_S)
        # Each of the four may take it before it hears of the others.
        assert 1 <= deep_ones(store, browser) <= 4
        time.sleep(2 * POLL_S)
        assert deep_ones(store, browser) == deep_ones(store, browser) <= 4
    store.write_board(b"")
    store.close()
