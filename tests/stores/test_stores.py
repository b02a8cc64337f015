"""The behaviour that every store has: run for each implementation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orm_insight.stores.base import StoreStatistics, TraceStore
from orm_insight.stores.memory import MemoryStore
from tests.builders import make_query, make_trace

MakeStore = Callable[..., TraceStore]


@pytest.fixture(params=[MemoryStore], ids=["memory"])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    return request.param


@pytest.fixture
def store(make_store: MakeStore) -> TraceStore:
    return make_store(max_traces=3)


def test_empty_store(store):
    assert store.recent() == ()
    assert store.get("nobody") is None
    assert store.statistics == StoreStatistics()


def test_trace_is_found_by_its_id(store):
    first, second = make_trace(), make_trace(make_query())
    store.save(first)
    store.save(second)

    assert store.get(first.id) == first
    assert store.get(second.id) == second


def test_newest_come_first(store):
    traces = [make_trace() for _ in range(3)]
    for trace in traces:
        store.save(trace)

    assert store.recent() == tuple(reversed(traces))


@pytest.mark.parametrize(("limit", "count"), [(None, 3), (0, 0), (1, 1), (3, 3), (9, 3), (-1, 0)])
def test_limit(store, limit, count):
    traces = [make_trace() for _ in range(3)]
    for trace in traces:
        store.save(trace)

    assert store.recent(limit) == tuple(reversed(traces))[:count]


def test_oldest_makes_room(store):
    traces = [make_trace() for _ in range(5)]
    for trace in traces:
        store.save(trace)

    assert store.recent() == tuple(reversed(traces[2:]))
    assert store.get(traces[0].id) is None
    assert (store.statistics.traces, store.statistics.evicted) == (3, 2)


def test_same_id_is_replaced_and_is_the_newest(store):
    first, second = make_trace(id="a"), make_trace(id="b")
    changed = make_trace(make_query(), id="a")
    for trace in (first, second, changed):
        store.save(trace)

    assert store.recent() == (changed, second)
    assert store.statistics.evicted == 0


def test_bytes_are_bounded(make_store):
    store = make_store(max_bytes=100_000)
    traces = [make_trace(make_query("x" * 30_000)) for _ in range(10)]
    for trace in traces:
        store.save(trace)

    kept = store.recent()
    assert 0 < len(kept) < 4
    assert kept == tuple(reversed(traces))[: len(kept)]
    assert 30_000 * len(kept) <= store.statistics.bytes <= 100_000


def test_one_large_trace_pushes_many_small_ones_out(make_store):
    store = make_store(max_bytes=100_000)
    for _ in range(5):
        store.save(make_trace())
    large = make_trace(make_query("x" * 90_000))
    store.save(large)

    assert store.recent()[0] == large
    assert store.statistics.bytes <= 100_000
    assert store.statistics.evicted > 0


def test_trace_larger_than_the_store_is_kept_out(make_store):
    store = make_store(max_bytes=100_000)
    small = make_trace()
    store.save(small)
    store.save(make_trace(make_query("x" * 100_000)))

    assert store.recent() == (small,)
    assert (store.statistics.rejected, store.statistics.evicted) == (1, 0)


def test_clear_forgets_traces_and_counts(store):
    for _ in range(5):
        store.save(make_trace())
    store.clear()

    assert store.recent() == ()
    assert store.statistics == StoreStatistics()


@pytest.mark.parametrize("limits", [{"max_traces": 0}, {"max_bytes": 0}, {"max_traces": -1}])
def test_store_without_room_is_refused(make_store, limits):
    with pytest.raises(ValueError, match="at least 1"):
        make_store(**limits)
