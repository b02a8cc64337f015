"""The behaviour that every store has: run for each implementation."""

from __future__ import annotations

from base64 import b85encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import randbytes
from typing import Any
from uuid import uuid4

import pytest

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Query, Trace
from orm_insight.stores.base import PinOutcome, StoreStatistics, TraceStore
from orm_insight.stores.memory import MemoryStore
from orm_insight.stores.redis import RedisStore
from tests import builders
from tests.builders import make_query
from tests.stores.kept import file_stores
from tests.stores.listing import traces_of

MakeStore = Callable[..., TraceStore]


class WrittenStore(RedisStore):
    """Waits until each trace has reached the server."""

    trim_full_every_s = 0.0

    def save(self, trace: Trace) -> None:
        super().save(trace)
        assert self.flush()


ON_SERVERS = [
    pytest.param("redis", marks=pytest.mark.server),
    pytest.param("valkey", marks=pytest.mark.server),
    pytest.param("cluster", marks=[pytest.mark.server, pytest.mark.xdist_group("cluster")]),
]


@pytest.fixture(params=["memory", "file", *ON_SERVERS])
def make_store(request: pytest.FixtureRequest) -> Iterator[MakeStore]:
    if request.param == "memory":
        yield MemoryStore
        return
    if request.param == "file":
        yield from file_stores(request.getfixturevalue("tmp_path"))
        return
    url = url_of(request)
    made: list[RedisStore] = []

    def make(**limits: Any) -> TraceStore:
        made.append(WrittenStore(url, prefix=uuid4().hex, **limits))
        return made[-1]

    yield make
    for store in made:
        store.close()


def url_of(request: pytest.FixtureRequest) -> str:
    """Any node of a cluster: most often not the one that will hold the keys."""
    if request.param == "cluster":
        return request.getfixturevalue("redis_cluster")[0].url
    return request.getfixturevalue(f"{request.param}_server").url


def make_trace(*queries: Query, **facts: Any) -> Trace:
    """With its queries in columns, as they are recorded."""
    trace = builders.make_trace(*queries, **facts)
    return replace(trace, queries=QueryLog.of(trace.queries))


def noise(length: int) -> str:
    """Text that compresses little."""
    return b85encode(randbytes(length)).decode()[:length]


@pytest.fixture
def store(make_store: MakeStore) -> TraceStore:
    return make_store(max_traces=3)


def test_empty_store(store):
    assert traces_of(store) == ()
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

    assert traces_of(store) == tuple(reversed(traces))


@pytest.mark.parametrize(("limit", "count"), [(None, 3), (0, 0), (1, 1), (3, 3), (9, 3), (-1, 0)])
def test_limit(store, limit, count):
    traces = [make_trace() for _ in range(3)]
    for trace in traces:
        store.save(trace)

    assert traces_of(store, limit) == tuple(reversed(traces))[:count]


def test_oldest_makes_room(store):
    traces = [make_trace() for _ in range(5)]
    for trace in traces:
        store.save(trace)

    assert traces_of(store) == tuple(reversed(traces[2:]))
    assert store.get(traces[0].id) is None
    assert (store.statistics.traces, store.statistics.evicted) == (3, 2)


def test_same_id_is_replaced_and_is_the_newest(store):
    first, second = make_trace(id="a"), make_trace(id="b")
    changed = make_trace(make_query(), id="a")
    for trace in (first, second, changed):
        store.save(trace)

    assert traces_of(store) == (changed, second)
    assert store.statistics.evicted == 0


def test_bytes_are_bounded(make_store):
    store = make_store(max_bytes=100_000)
    traces = [make_trace(make_query(noise(30_000))) for _ in range(10)]
    for trace in traces:
        store.save(trace)

    kept = traces_of(store)
    assert 0 < len(kept) < 5
    assert kept == tuple(reversed(traces))[: len(kept)]
    assert 20_000 * len(kept) <= store.statistics.bytes <= 100_000


def test_one_large_trace_pushes_smaller_ones_out(make_store):
    store = make_store(max_bytes=100_000)
    for _ in range(5):
        store.save(make_trace(make_query(noise(10_000))))
    large = make_trace(make_query(noise(90_000)))
    store.save(large)

    assert traces_of(store)[0] == large
    assert store.statistics.bytes <= 100_000
    assert store.statistics.evicted > 0


def test_trace_larger_than_the_store_is_kept_out(make_store):
    store = make_store(max_bytes=100_000)
    small = make_trace()
    store.save(small)
    store.save(make_trace(make_query(noise(150_000))))

    assert traces_of(store) == (small,)
    assert (store.statistics.rejected, store.statistics.evicted) == (1, 0)


def test_clear_forgets_traces_and_counts(store):
    for _ in range(5):
        store.save(make_trace())
    store.clear()

    assert traces_of(store) == ()
    assert store.statistics == StoreStatistics()


@pytest.mark.parametrize("limits", [{"max_traces": 0}, {"max_bytes": 0}, {"max_traces": -1}])
def test_store_without_room_is_refused(make_store, limits):
    with pytest.raises(ValueError, match="at least 1"):
        make_store(**limits)


def reasons(store: TraceStore) -> dict[str, set[str]]:
    return {entry.summary.id: set(entry.kept_for) for entry in store.listed()}


def test_worst_of_an_endpoint_stays_beside_the_newest(store):
    store.save(make_trace(id="slow", duration_ms=9_000.0))
    store.save(make_trace(*[make_query()] * 50, id="many"))
    for number in range(10):
        store.save(make_trace(make_query(), id=f"new{number}"))

    assert reasons(store) == {
        "new9": {"recent"},
        "new8": {"recent"},
        "new7": {"recent"},
        "many": {"most queries", "most repeats"},
        "slow": {"slowest"},
    }


def test_worst_is_forgotten_after_its_hours(make_store):
    store = make_store(max_traces=1, worst_for=timedelta(hours=1))
    earlier = datetime.now(UTC) - timedelta(hours=2)
    store.save(make_trace(id="slow", duration_ms=9_000.0, started_at=earlier))
    store.save(make_trace(id="new"))

    assert "slow" not in reasons(store)


def test_pinned_trace_stays(store):
    store.save(make_trace(id="pinned"))
    assert store.pin("pinned", is_pinned=True) is PinOutcome.DONE
    for number in range(5):
        store.save(make_trace(id=f"new{number}"))
    store.save(make_trace(make_query(), id="pinned"))
    store.clear()

    assert reasons(store) == {"pinned": {"pinned", "recent"}}
    assert store.pin("pinned", is_pinned=False) is PinOutcome.DONE
    for number in range(5):
        store.save(make_trace(make_query(), id=f"newer{number}", duration_ms=500))
    assert "pinned" not in reasons(store)


def test_trace_that_is_gone_cannot_be_pinned(store):
    assert store.pin("nobody", is_pinned=True) is PinOutcome.GONE


@pytest.mark.parametrize("days", [-2, 2], ids=["old", "from the future"])
def test_other_times_are_not_kept(store, days):
    elsewhen = datetime.now(UTC) + timedelta(days=days)
    store.save(make_trace(id="elsewhen", started_at=elsewhen))
    store.save(make_trace(id="now"))

    assert reasons(store) == {"now": {"recent"}}


def test_pin_above_half_of_the_bytes_is_refused(make_store):
    store = make_store(max_bytes=100_000)
    store.save(make_trace(make_query(noise(80_000)), id="large"))

    assert store.pin("large", is_pinned=True) is PinOutcome.TOO_LARGE
    assert reasons(store) == {"large": {"recent"}}


def test_pinned_trace_that_grew_too_large_is_gone_and_pinned_no_longer(make_store):
    store = make_store(max_bytes=100_000)
    store.save(make_trace(id="grows"))
    assert store.pin("grows", is_pinned=True) is PinOutcome.DONE
    store.save(make_trace(make_query(noise(150_000)), id="grows"))
    assert reasons(store) == {}
    store.save(make_trace(id="grows"))

    assert reasons(store) == {"grows": {"recent"}}


def test_many_are_read_at_once_in_the_order_asked_for(store):
    first, second = make_trace(), make_trace(make_query())
    store.save(first)
    store.save(second)

    assert list(store.get_many([second.id, "nobody", first.id])) == [second, first]
    assert list(store.get_many([])) == []


def test_store_never_holds_more_than_it_says(make_store):
    store = make_store(max_traces=2)
    for number in range(30):
        store.save(make_trace(*[make_query()] * (30 - number), path=f"/{number % 5}/"))

    assert 2 < len(store.listed()) <= store.most_traces


@pytest.mark.parametrize("days", [-400, 400], ids=["old", "from the future"])
def test_imported_trace_is_as_old_as_its_import(store, days):
    now = datetime.now(UTC)
    trace = make_trace(id="sent", started_at=now + timedelta(days=days), imported_at=now)
    store.save(trace)
    store.save(make_trace(id="now"))

    assert reasons(store) == {"now": {"recent"}, "sent": {"recent"}}
    assert store.get("sent") == trace
    assert [entry.summary.is_imported for entry in store.listed()] == [False, True]


def test_imported_trace_grows_old(store):
    earlier = datetime.now(UTC) - timedelta(days=2)
    store.save(make_trace(id="sent", imported_at=earlier))
    store.save(make_trace(id="now"))

    assert reasons(store) == {"now": {"recent"}}


def test_imported_trace_makes_room_and_is_never_the_worst(store):
    store.save(make_trace(*[make_query()] * 50, duration_ms=9e6, imported_at=datetime.now(UTC)))
    store.save(make_trace(id="slow", duration_ms=9_000.0))
    for number in range(4):
        store.save(make_trace(id=f"new{number}"))

    assert reasons(store).keys() == {"new3", "new2", "new1", "slow"}
