"""The memory that each tool keeps of one long page, and the time it takes to read it again.

Runs in the process of the contender, see ``tests.bench.worker``; ``tests.bench.sizes`` asks.
"""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

Figures = dict[str, float | None]
"""Bytes for each query, or milliseconds, or bytes of a page; ``None`` where there is nothing."""


def measure(kind: str, queries: int, redis_url: str | None) -> Figures:
    """``kind`` is one of the pages of ``tests.bench.project.long_page``."""
    readers: dict[str, Callable[..., Figures]] = {"ours": _ours, "toolbar": _toolbar, "silk": _silk}
    client = Client()
    for _ in range(2):
        client.get(f"/long/{kind}/20/")
    before_rows = _silk_bytes()
    kept = _kept(lambda: client.get(f"/long/{kind}/{queries}/"))
    found = readers[settings.BENCH_CONTENDER.name](client, queries, redis_url)
    if before_rows is not None:
        found["in_database"] = ((_silk_bytes() or 0) - before_rows) / queries
    return {"in_memory": kept / queries, **found}


def _kept(serve: Callable[[], Any]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        serve()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def _ours(client: Client, queries: int, redis_url: str | None) -> Figures:
    insight = import_module("orm_insight.insight")
    [trace] = insight.recent(1)
    if len(trace.queries) != queries:
        raise RuntimeError(f"The trace has {len(trace.queries)} queries, not {queries}")
    encoding = import_module("orm_insight.stores.codec")
    data = encoding.encode(trace)
    page_ms, page = _timed(lambda: client.get(f"/_orm/traces/{trace.id}/"))
    again_ms, _ = _timed(lambda: client.get(f"/_orm/traces/{trace.id}/"))
    encode_ms, encode_wait = _beside_another_thread(lambda: encoding.encode(trace))
    decode_ms, decode_wait = _beside_another_thread(lambda: encoding.decode(data))
    _, usual_wait = _beside_another_thread(lambda: _count_for(encode_ms))
    return {
        "page_ms": page_ms,
        "page_again_ms": again_ms,
        "page_bytes": len(_body(page)),
        "encode_ms": encode_ms,
        "encode_wait_ms": encode_wait,
        "decode_ms": decode_ms,
        "decode_wait_ms": decode_wait,
        "usual_wait_ms": usual_wait,
        "read_memory_ms": _timed(lambda: insight.trace(trace.id))[0],
        **(_in_redis(trace, redis_url) if redis_url else {}),
    }


def _in_redis(trace: Any, url: str) -> Figures:
    kind = import_module("orm_insight.stores.redis").RedisStore
    writer, reader = kind(url, prefix="sizes"), kind(url, prefix="sizes")
    try:
        writer.clear()
        writer.save(trace)
        if not writer.flush(30):
            raise RuntimeError(f"The trace was not written: {writer.problem}")
        with import_module("redis").Redis.from_url(url) as client:
            size = sum(client.memory_usage(key, samples=0) or 0 for key in client.keys("{sizes}:*"))
        read_ms, read = _timed(lambda: reader.get(trace.id))
        if read is None or len(read.queries) != len(trace.queries):
            raise RuntimeError(f"The trace was not read: {reader.problem}")
    finally:
        writer.close()
        reader.close()
    return {"in_redis": size / len(trace.queries), "read_redis_ms": read_ms}


def _toolbar(client: Client, queries: int, redis_url: str | None) -> Figures:
    store = import_module("debug_toolbar.store").get_store()
    newest = list(store.request_ids())[-1]
    address = f"/__debug__/render_panel/?request_id={newest}&panel_id=SQLPanel"
    page_ms, page = _timed(lambda: client.get(address))
    return {"page_ms": page_ms, "page_bytes": len(_body(page))}


def _silk(client: Client, queries: int, redis_url: str | None) -> Figures:
    request = import_module("silk.models").Request.objects.order_by("-start_time").first()
    if request.queries.count() < queries:
        raise RuntimeError(f"silk has {request.queries.count()} of {queries} queries")
    page_ms, page = _timed(
        lambda: client.get(f"/silk/request/{request.id}/sql/?per_page={queries}")
    )
    return {"page_ms": page_ms, "page_bytes": len(_body(page))}


def _silk_bytes() -> int | None:
    if settings.BENCH_CONTENDER.name != "silk" or connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class "
            "WHERE relname LIKE 'silk\\_%%' AND relkind = 'r'"
        )
        return int(cursor.fetchone()[0])


def _body(response: Any) -> bytes:
    if response.status_code != 200:
        raise RuntimeError(f"The page answered {response.status_code}: {response.content[:300]!r}")
    content: bytes = response.content
    return content


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    started = time.perf_counter()
    result = call()
    return (time.perf_counter() - started) * 1e3, result


def _count_for(milliseconds: float) -> None:
    """Plain Python, which lets other threads run whenever they ask."""
    until = time.perf_counter() + milliseconds / 1e3
    while time.perf_counter() < until:
        pass


def _beside_another_thread(call: Callable[[], Any]) -> tuple[float, float]:
    """How long it takes, and how long another thread had to wait for the interpreter at most."""
    waits: list[float] = [0.0]
    is_over = threading.Event()

    def other() -> None:
        while not is_over.is_set():
            asleep = time.perf_counter()
            time.sleep(0.001)
            waits.append((time.perf_counter() - asleep) * 1e3 - 1)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        milliseconds, _ = _timed(call)
    finally:
        is_over.set()
        thread.join()
    return milliseconds, max(waits)
