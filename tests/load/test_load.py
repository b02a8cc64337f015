"""Hundreds of interleaved requests: every statement is on the trace of its own request, once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from orm_insight.stores.redis import RedisStore
from tests.load import exact
from tests.load.client import load
from tests.load.running import POOLED, SERVERS, Site, running
from tests.redis_server import RedisServer

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.process,
    pytest.mark.server,
    pytest.mark.xdist_group("load"),
]
REQUESTS = 540


@pytest.fixture
def store(redis_server: RedisServer) -> Iterator[RedisStore]:
    store = RedisStore(redis_server.url, max_traces=20_000)
    store.clear()
    store.write_board(b"")  # nobody has paused recording here
    yield store
    store.clear()
    store.close()


@pytest.mark.parametrize("server", SERVERS)
def test_each_statement_is_on_its_own_trace(server, database, store, redis_server, tmp_path):
    databases = database.settings(pooled=server in POOLED)
    site = Site(databases=databases, redis_url=redis_server.url)
    with running(server, site, tmp_path / "log") as served:
        database.forget()
        answered = asyncio.run(load(served.address, exact.requests(REQUESTS), connections=32))
        findings = exact.settled(answered, database, store)

    assert findings.wrong == []
    assert findings.requests == REQUESTS
    assert findings.statements > REQUESTS
