"""Workers are killed in the middle of everything: what is in the store stays whole."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest
import redis

from orm_insight.stores.redis import RedisStore
from tests.load import exact
from tests.load.client import Asked, load
from tests.load.database import Database
from tests.load.running import Server, Site, running
from tests.load.workers import processes_below
from tests.redis_server import RedisServer

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.process,
    pytest.mark.server,
    pytest.mark.xdist_group("load"),
]
REQUESTS, KILLED = 400, 5


def kill_workers(served: Server, over: threading.Event) -> None:
    """One at a time, as soon as the server has replaced the last."""
    for _ in range(KILLED):
        if over.wait(random.uniform(0.1, 0.4)):
            return
        os.kill(random.choice(processes_below(served.pid)[1:]), signal.SIGKILL)


def under_fire(served: Server) -> list[Asked]:
    over = threading.Event()
    thread = threading.Thread(target=kill_workers, args=(served, over))
    thread.start()
    try:
        return asyncio.run(load(served.address, exact.requests(REQUESTS), connections=16))
    finally:
        over.set()
        thread.join()


def test_workers_that_are_killed_leave_whole_traces(
    database: Database, redis_server: RedisServer, tmp_path: Path
):
    store = RedisStore(redis_server.url, max_traces=20_000)
    store.clear()
    site = Site(databases=database.settings(), redis_url=redis_server.url)
    database.forget()
    with running("gunicorn", site, tmp_path / "log") as served:
        under_fire(served)
        later = exact.requests(36)
        answered = asyncio.run(load(served.address, later, connections=4))
        time.sleep(1.0)
    traces = exact.traces_in(store)
    asked = database.asked()
    findings = exact.Findings()
    for trace in traces:
        exact.check_purity(trace, findings)
    assert findings.wrong == []
    recorded = [pair for trace in traces for pair in exact.statements_of(trace)]
    assert len(set(recorded)) == len(recorded)
    assert set(recorded) <= set(asked)
    # Whoever lives on records everything.
    assert {each.path for each in answered} <= {trace.path for trace in traces}
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        ids = {key.rpartition(":")[2] for key in client.scan_iter("{orm_insight}:trace:*")}
        assert ids == set(client.zrange("{orm_insight}:index", 0, -1))
    store.clear()
    store.close()
