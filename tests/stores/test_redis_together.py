"""Several processes and people at once: killed while writing, clearing, reading what is evicted."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from orm_insight.stores.redis import RedisStore
from tests.builders import make_query, make_trace
from tests.redis_server import RedisServer
from tests.stores.crashing import RING, BusyStore
from tests.stores.listing import ids_of

pytestmark = pytest.mark.process
ROOT = Path(__file__).parent.parent.parent
ROUNDS, AT_ONCE = 3, 3


@pytest.fixture
def make_store(redis_server: RedisServer) -> Iterator[Callable[[], RedisStore]]:
    prefix, made = uuid4().hex, []

    def make() -> RedisStore:
        made.append(BusyStore(redis_server.url, prefix=prefix, max_traces=RING))
        return made[-1]

    yield make
    for store in made:
        store.close()


def prefix_of(store: RedisStore) -> str:
    return store._tag[1:-2]


def assert_consistent(server: RedisServer, store: RedisStore) -> None:
    """Index, summaries and traces are of the same ids, all can be read, and all keys expire."""
    tag = store._tag
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        index = set(client.zrange(f"{tag}index", 0, -1))
        traces = {key.removeprefix(f"{tag}trace:") for key in client.scan_iter(f"{tag}trace:*")}
        assert index == set(client.hkeys(f"{tag}summaries")) == traces
        assert all(client.ttl(key) > 0 for key in client.scan_iter(f"{tag}*"))
    assert all(store.get(id) is not None for id in index)
    assert store.statistics.unreadable == 0


@contextmanager
def writing(
    server: RedisServer, store: RedisStore, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that writes without pause; it is killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stores.crashing", server.url, prefix_of(store)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_killed_while_writing(redis_server, make_store):
    store = make_store()
    for _ in range(ROUNDS):
        with ExitStack() as others:
            for _ in range(AT_ONCE):
                others.enter_context(writing(redis_server, store))
            # They are killed one after the other, each in the middle of whatever it does.
        assert_consistent(redis_server, store)
    last = make_trace(id="last")
    store.save(last)
    assert store.flush()
    assert ids_of(store)[0] == "last"
    assert len(ids_of(store)) <= RING + 3


def test_two_clear_at_once_while_others_write_and_read(redis_server, make_store):
    writers, readers = [make_store(), make_store()], [make_store(), make_store()]
    over = threading.Event()

    def write(store: RedisStore) -> None:
        while not over.is_set():
            store.save(make_trace(make_query()))
            store.flush()

    def read(store: RedisStore) -> int:
        """A trace that was just listed may be gone, but it is never broken."""
        gone = 0
        while not over.is_set():
            gone += sum(store.get(id) is None for id in ids_of(store))
            assert store.problem is None
            assert store.statistics.unreadable == 0
        return gone

    with ThreadPoolExecutor() as pool:
        works = [pool.submit(write, store) for store in writers]
        works += [pool.submit(read, store) for store in readers]
        for _ in range(30):
            list(pool.map(RedisStore.clear, readers))
        over.set()
        for work in works:
            work.result()
    assert_consistent(redis_server, readers[0])


@pytest.mark.parametrize("jump", ["+40d", "-40d", "+90m"])
def test_clock_of_one_worker_has_jumped(redis_server, make_store, faketime, jump):
    store = make_store()
    for number in range(RING // 2):
        store.save(make_trace(id=f"mine{number}"))
    assert store.flush()
    with writing(redis_server, store, CRASHING_TRACES="10", **faketime, FAKETIME=jump):
        pass
    store.save(make_trace(id="last"))
    assert store.flush()
    kept = store.listed()
    # All have room: those of before, and of the other worker, which by their times are of now.
    assert len(kept) == RING // 2 + 10 + 1
    assert kept[0].summary.id == "last"
    newest = kept[0].summary.started_at
    assert all(abs(newest - each.summary.started_at).total_seconds() < 3_600 for each in kept)
    assert_consistent(redis_server, store)
