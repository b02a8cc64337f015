"""Retention: the rules by themselves, and a store that applies them late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from orm_insight.model.summary import summary_of
from orm_insight.model.trace import Trace
from orm_insight.stores.base import PinOutcome
from orm_insight.stores.memory import MemoryStore, size_of
from orm_insight.stores.retention import MAX_PINNED, Limits, Sized, outcome_of_pin, retained
from tests.builders import make_query, make_trace

PLENTY = 2**30


def sized(traces: Sequence[Trace]) -> list[Sized]:
    return [Sized(summary_of(trace), size_of(trace)) for trace in traces]


def some_trace(random: Random, number: int) -> Trace:
    """A trace of one of a few endpoints, with ties."""
    return make_trace(
        *[make_query(f"SELECT {random.randrange(3)}")] * random.randrange(5),
        id=f"t{number}",
        path=f"/{random.randrange(4)}/",
        duration_ms=float(random.randrange(6)),
        started_at=datetime.now(UTC) - timedelta(hours=random.choice([0, 0, 0, 3, 30])),
    )


@pytest.mark.parametrize("seed", range(40))
def test_store_holds_what_the_rules_say_of_all_that_was_saved(seed):
    random = Random(seed)
    limits = Limits(max_traces=random.randrange(1, 25), max_bytes=PLENTY)
    store = MemoryStore(max_traces=limits.max_traces, max_bytes=PLENTY)
    saved: list[Trace] = []
    pinned: set[str] = set()
    for number in range(120):
        saved.insert(0, some_trace(random, number))
        store.save(saved[0])
        if random.random() < 0.03 and store.pin(saved[0].id, is_pinned=True) is PinOutcome.DONE:
            pinned.add(saved[0].id)
        if random.random() < 0.2:
            expected = retained(sized(saved), limits, pinned, datetime.now(UTC))
            listed = {entry.summary.id: entry.kept_for for entry in store.listed()}
            assert listed == expected
            assert list(listed) == [trace.id for trace in saved if trace.id in expected]


@pytest.mark.parametrize("seed", range(10))
def test_bytes_that_are_seen_are_within_the_limit(seed):
    random = Random(seed)
    store = MemoryStore(max_traces=50, max_bytes=40_000)
    for number in range(200):
        store.save(some_trace(random, number))
        assert store.statistics.bytes <= 40_000
        assert store.statistics.traces + store.statistics.evicted == number + 1
        assert all(store.get(entry.summary.id) is not None for entry in store.listed())


def test_bytes_that_are_held_are_little_more():
    store = MemoryStore(max_traces=1_000, max_bytes=100_000)
    for _ in range(500):
        store.save(make_trace(make_query("x" * 500)))

        held = sum(entry.bytes for entry in store._contents.entries)
        assert held <= 100_000 * 17 / 16


def test_idle_store_shows_nothing_that_is_too_old(monkeypatch):
    monkeypatch.setattr("orm_insight.stores.memory._SEEN_S", 0.0)
    store = MemoryStore(max_age=timedelta(hours=1))
    store.save(
        make_trace(id="old", started_at=datetime.now(UTC) - timedelta(minutes=59, seconds=59))
    )
    store.save(make_trace(id="new"))
    assert store.get("old") is not None
    store.limits = Limits(max_traces=9, max_bytes=PLENTY, max_age=timedelta(minutes=30))

    assert [entry.summary.id for entry in store.listed()] == ["new"]
    assert store.get("old") is None
    assert (store.statistics.traces, store.statistics.evicted) == (1, 1)


def test_pins_leave_half_of_the_bytes():
    traces = [make_trace(make_query("x" * 1_000)) for _ in range(4)]
    entries = sized(traces)
    first, second, third, _ = (trace.id for trace in traces)
    limits = Limits(max_traces=9, max_bytes=entries[0].bytes * 4)

    assert outcome_of_pin(first, entries, limits, {second}) is PinOutcome.DONE
    assert outcome_of_pin(first, entries, limits, {second, third}) is PinOutcome.TOO_LARGE
    assert outcome_of_pin(first, entries, limits, {first, second}) is PinOutcome.DONE
    assert outcome_of_pin("nobody", entries, limits, set()) is PinOutcome.GONE


def test_number_of_pins_is_bounded():
    entries = sized([make_trace(id=str(number)) for number in range(MAX_PINNED + 1)])
    limits = Limits(max_traces=9, max_bytes=PLENTY)
    pinned = {str(number) for number in range(MAX_PINNED)}

    assert outcome_of_pin(str(MAX_PINNED), entries, limits, pinned) is PinOutcome.TOO_MANY
    assert outcome_of_pin("0", entries, limits, pinned) is PinOutcome.DONE
