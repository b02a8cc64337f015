"""The ring in memory: its estimate of sizes, and many threads at once."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import DroppedQueries
from orm_insight.stores.memory import MemoryStore, size_of
from tests.builders import make_query, make_trace
from tests.stores.listing import traces_of

WRITERS, READERS, TRACES_EACH = 4, 4, 300
MAX_TRACES = 20


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(interval)


def test_size_grows_with_what_a_trace_holds():
    small = size_of(make_trace(make_query("x")))

    assert size_of(make_trace(make_query("x" * 1_000))) >= small + 999
    assert size_of(make_trace(make_query("x", params=("y" * 1_000,)))) >= small + 1_000
    assert size_of(make_trace(make_query("x", params={"y": b"z" * 1_000}))) >= small + 1_000
    assert size_of(make_trace(make_query("x"), error="e" * 1_000)) >= small + 1_000
    assert size_of(make_trace(make_query("x"), tags={"user": "u" * 1_000})) >= small + 1_000


def test_size_counts_statements_that_were_dropped():
    dropped = DroppedQueries(sql="x" * 1_000, site=None, alias="default", count=1, total_ms=1.0)

    assert size_of(make_trace(overflow=(dropped,))) >= size_of(make_trace()) + 1_000


def test_size_of_a_query_log_is_its_own():
    log = QueryLog.of([make_query("x" * 10_000)])

    assert size_of(make_trace(queries=log)) == size_of(make_trace()) + log.size_bytes()


def test_estimate_is_not_below_the_memory_in_use():
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        queries = [make_query(f"SELECT {n}" + "x" * 100, params=(str(n), n)) for n in range(500)]
        trace = make_trace(*queries)
        del queries
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before <= size_of(trace) <= 3 * (after - before)


@pytest.mark.usefixtures("frequent_switches")
def test_threads_that_write_and_read_at_once():
    max_bytes = 12 * size_of(make_trace(make_query()))
    store = MemoryStore(max_traces=MAX_TRACES, max_bytes=max_bytes)
    start, done = Barrier(WRITERS + READERS), Event()

    def write(writer: int) -> None:
        start.wait()
        for number in range(TRACES_EACH):
            store.save(make_trace(make_query(), id=f"{writer}-{number:04}"))

    def read() -> int:
        start.wait()
        rounds = 0
        while not done.is_set() or not rounds:
            traces = traces_of(store)
            statistics = store.statistics
            assert len(traces) <= MAX_TRACES
            assert statistics.traces <= MAX_TRACES
            assert statistics.bytes <= max_bytes
            assert newest_first([trace.id for trace in traces])
            assert all(store.get(t.id) in (t, None) for t in traces)
            rounds += 1
        return rounds

    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        readers = [pool.submit(read) for _ in range(READERS)]
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        for future in writers:
            future.result()
        done.set()
        rounds = [future.result() for future in readers]

    kept = traces_of(store)
    assert min(rounds) >= 1
    assert store.statistics.evicted == WRITERS * TRACES_EACH - len(kept)
    assert store.statistics.bytes == sum(map(size_of, kept))
    assert [store.get(trace.id) for trace in kept] == list(kept)


def newest_first(ids: list[str]) -> bool:
    """Each writer counts up, so its traces are in falling order, each of them once."""
    by_writer: dict[str, list[str]] = {}
    for id in ids:
        by_writer.setdefault(id.partition("-")[0], []).append(id)
    return all(own == sorted(set(own), reverse=True) for own in by_writer.values())


def test_reader_does_not_wait_for_a_writer():
    store = MemoryStore()
    trace = make_trace()
    store.save(trace)

    with store._lock:
        assert traces_of(store) == (trace,)
        assert store.get(trace.id) is trace
        assert store.statistics.traces == 1
