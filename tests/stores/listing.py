"""The traces of a store as it lists them, and waiting for what its thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

from orm_insight.model.trace import Trace
from orm_insight.stores.base import TraceStore


def traces_of(store: TraceStore, limit: int | None = None) -> tuple[Trace, ...]:
    found = (store.get(entry.summary.id) for entry in store.listed(limit))
    return tuple(trace for trace in found if trace is not None)


def ids_of(store: TraceStore) -> list[str]:
    return [entry.summary.id for entry in store.listed()]


def until(condition: Callable[[], bool]) -> None:
    """Wait, because another thread takes its time."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
