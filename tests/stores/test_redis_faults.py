"""Redis goes away, stands still, is full, talks nonsense: nobody waits, nothing is raised."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
import redis
from django.test import Client

from orm_insight import insight
from orm_insight.stores.base import PinOutcome
from orm_insight.stores.codec import MAGIC, VERSION
from orm_insight.stores.redis import RedisStore
from tests.builders import make_query, make_trace
from tests.redis_server import RedisServer
from tests.stores.listing import ids_of, until


@pytest.fixture
def store(redis_server: RedisServer) -> Iterator[RedisStore]:
    store = RedisStore(redis_server.url, prefix=uuid4().hex)
    yield store
    store.close()


@contextmanager
def away(server: RedisServer, *options: str) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.stop()
        server.start(*options)


def test_traces_of_another_process(redis_server, store):
    other = RedisStore(redis_server.url, prefix=store._tag[1:-2])
    trace = make_trace(make_query("SELECT %s", params=(1,)), host="web-2", pid=5)
    other.save(trace)
    assert other.flush()
    [entry] = store.listed()
    assert (entry.summary.host, entry.summary.pid) == ("web-2", 5)
    assert list(store.get(trace.id).queries) == list(trace.queries)
    assert store.get(trace.id) is store.get(trace.id)
    other.clear()
    assert store.listed() == ()
    other.close()


def test_stopped_and_started_again_empty(redis_server, store):
    store.save(make_trace(id="before"))
    assert store.flush()
    with away(redis_server):
        store.save(make_trace(id="meanwhile"))
        assert ids_of(store) == ["meanwhile"]
        assert store.get("before") is None
        assert store.pin("before", is_pinned=True) is PinOutcome.UNREACHABLE
        assert not store.clear()
        store.save(make_trace(id="waits"))
        until(lambda: store.problem is not None)
        assert f"127.0.0.1:{redis_server.port}" in store.problem
    assert store.flush(20)
    assert ids_of(store) == ["waits", "meanwhile"]
    assert store.problem is None
    assert store.clear()
    assert ids_of(store) == []


def test_frozen(redis_server, store):
    store.save(make_trace(id="before"))
    assert store.flush()
    redis_server.freeze()
    try:
        store.save(make_trace(id="meanwhile"))
        until(lambda: store.problem is not None)
        assert ids_of(store) == ["meanwhile"]
    finally:
        redis_server.thaw()
    assert store.flush(20)
    assert ids_of(store) == ["meanwhile", "before"]


def test_full(redis_server, store):
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("maxmemory", "1")
        try:
            store.save(make_trace(id="meanwhile"))
            until(lambda: store.problem is not None)
            assert "OutOfMemory" in store.problem
        finally:
            client.config_set("maxmemory", "0")
    assert store.flush(20)
    assert ids_of(store) == ["meanwhile"]


def test_garbage_instead_of_redis():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stop = threading.Event()

        def answer() -> None:
            while not stop.is_set():
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1_000)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        store = RedisStore(f"redis://127.0.0.1:{listening.getsockname()[1]}")
        store.save(make_trace(id="waits"))
        until(lambda: store.problem is not None)
        assert ids_of(store) == ["waits"]
        assert not store.clear()
        assert ids_of(store) == ["waits"]
        store.close()
        stop.set()


def test_foreign_entries_are_skipped_and_counted(redis_server, store):
    for name in ("good", "bad"):
        store.save(make_trace(id=name))
    assert store.flush()
    with redis.Redis.from_url(redis_server.url) as client:
        client.set(f"{store._tag}trace:bad", b"\x80\x04.")
        client.hset(f"{store._tag}summaries", "worse", b"12:nonsense")
        client.zadd(f"{store._tag}index", {"worse": 99})
    assert store.get("bad") is None
    assert ids_of(store) == ["bad", "good"]
    assert store.statistics.unreadable == 2


def test_new_traces_are_the_newest_although_the_numbers_begin_anew(redis_server, store):
    for number in range(3):
        store.save(make_trace(id=f"old {number}"))
        assert store.flush()
    with redis.Redis.from_url(redis_server.url) as client:
        client.delete(f"{store._tag}sequence")
    for number in range(2):
        store.save(make_trace(id=f"new {number}"))
        assert store.flush()
    assert ids_of(store) == ["new 1", "new 0", "old 2", "old 1", "old 0"]


def test_keys_of_another_kind_are_cleared(redis_server, store):
    with redis.Redis.from_url(redis_server.url) as client:
        client.hset(f"{store._tag}counts", "evicted", "many")
        assert store.statistics.evicted == 0
        client.set(f"{store._tag}index", "nonsense")
        assert store.listed() == ()
        assert "WRONGTYPE" in store.problem
        store.clear()
    store.save(make_trace(id="new"))
    assert store.flush()
    assert ids_of(store) == ["new"]


def test_queue_is_bounded(redis_server, store, monkeypatch):
    monkeypatch.setattr(store._writer, "limit", 3)
    with away(redis_server):
        for number in range(5):
            store.save(make_trace(id=str(number)))
        assert ids_of(store) == ["4", "3", "2"]
        assert store.statistics.dropped == 2
    assert store.flush(20)
    assert ids_of(store) == ["4", "3", "2"]


def test_password_is_never_told():
    store = RedisStore("redis://person:secret-word@127.0.0.1:1/0")
    store.save(make_trace())
    until(lambda: store.problem is not None)
    assert "secret-word" not in store.problem
    store.close()


def test_child_process_has_its_own_thread(redis_server, store):
    store.save(make_trace(id="parent"))
    assert store.flush()
    pid = os.fork()
    if pid == 0:
        store.save(make_trace(id="child"))
        os._exit(0 if store.flush() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert ids_of(store) == ["child", "parent"]


@pytest.mark.django_db
def test_requests_are_kept_and_the_dashboard_tells_what_is_wrong(
    redis_server, settings, client: Client
):
    settings.ORM_INSIGHT = {"REDIS_URL": redis_server.url, "REDIS_PREFIX": uuid4().hex}
    settings.DEBUG = True
    client.get("/books/")
    assert insight.store().flush()
    [trace] = insight.recent()
    assert trace.path == "/books/"
    assert b"/books/" in client.get("/_orm/").content
    with away(redis_server):
        assert client.get("/books/").status_code == 200
        until(lambda: insight.store().problem is not None)
        assert b"Redis at 127.0.0.1" in client.get("/_orm/").content


def test_what_nobody_can_read_makes_room_and_what_another_release_wrote_leaves_by_age(
    redis_server, store
):
    store._ring._trim_full_every_s = 0.0
    newer = b"99:" + MAGIC + bytes([VERSION + 1]) + b"?"
    with redis.Redis.from_url(redis_server.url) as client:
        client.zadd(f"{store._tag}index", {"damaged": 1, b"\xff": 2, "newer": 3, "newer-old": 4})
        client.hset(f"{store._tag}summaries", mapping={"newer": newer, "newer-old": newer})
        client.set(f"{store._tag}trace:newer", b"?")
        assert store.listed() == ()
        assert store.statistics.unreadable == 4
        store.save(make_trace(id="own"))
        assert store.flush()

        assert client.zrange(f"{store._tag}index", 0, -1) == [b"newer", b"own"]
        assert client.exists(f"{store._tag}trace:newer")
