"""Traces in the memory of this process, bounded by their number and by their bytes.

Writers take turns under a lock and swap a whole immutable ``_Contents``; readers take no lock and
see either the contents before or those after, so that neither ever waits for a reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from orm_insight.model.trace import Query, Trace
from orm_insight.stores.base import StoreStatistics

DEFAULT_MAX_TRACES = 200
DEFAULT_MAX_BYTES = 64 * 2**20

# Measured sizes on CPython 3.13, rounded up: the estimate may err, but to the safe side.
_TRACE_BYTES = 2_000
_QUERY_BYTES = 500
_DROPPED_BYTES = 400
_PARAM_BYTES = 80


@dataclass(frozen=True, slots=True)
class _Entry:
    trace: Trace
    bytes: int


@dataclass(frozen=True, slots=True)
class _Contents:
    """``entries`` are the newest first."""

    entries: tuple[_Entry, ...] = ()
    statistics: StoreStatistics = field(default_factory=StoreStatistics)


class MemoryStore:
    """A ring: the newest traces push the oldest out."""

    def __init__(
        self,
        *,
        max_traces: int = DEFAULT_MAX_TRACES,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        if max_traces < 1 or max_bytes < 1:
            raise ValueError("max_traces and max_bytes must be at least 1.")
        self.max_traces = max_traces
        self.max_bytes = max_bytes
        self._contents = _Contents()
        self._lock = Lock()

    def save(self, trace: Trace) -> None:
        # Sized before the lock is taken: it is the only part that depends on the trace.
        entry = _Entry(trace, size_of(trace))
        with self._lock:
            self._contents = self._with(entry)

    def get(self, id: str) -> Trace | None:
        entries = self._contents.entries
        return next((entry.trace for entry in entries if entry.trace.id == id), None)

    def recent(self, limit: int | None = None) -> tuple[Trace, ...]:
        entries = self._contents.entries
        if limit is not None:
            entries = entries[: max(limit, 0)]
        return tuple(entry.trace for entry in entries)

    def clear(self) -> None:
        with self._lock:
            self._contents = _Contents()

    @property
    def statistics(self) -> StoreStatistics:
        return self._contents.statistics

    def _with(self, entry: _Entry) -> _Contents:
        entries = tuple(e for e in self._contents.entries if e.trace.id != entry.trace.id)
        statistics = self._contents.statistics
        evicted, rejected = statistics.evicted, statistics.rejected
        if entry.bytes > self.max_bytes:
            rejected += 1
        else:
            entries = (entry, *entries)
        kept, total = self._fitting(entries)
        return _Contents(
            entries[:kept],
            StoreStatistics(
                traces=kept,
                bytes=total,
                evicted=evicted + len(entries) - kept,
                rejected=rejected,
            ),
        )

    def _fitting(self, entries: tuple[_Entry, ...]) -> tuple[int, int]:
        """How many of the newest fit, and their bytes."""
        total = 0
        for number, entry in enumerate(entries[: self.max_traces]):
            if total + entry.bytes > self.max_bytes:
                return number, total
            total += entry.bytes
        return min(len(entries), self.max_traces), total


def size_of(trace: Trace) -> int:
    """An estimate of the bytes that a trace keeps alive."""
    measure: Callable[[], int] | None = getattr(trace.queries, "size_bytes", None)
    queries = measure() if measure is not None else sum(map(_size_of_query, trace.queries))
    overflow = sum(_DROPPED_BYTES + len(dropped.sql) for dropped in trace.overflow)
    texts = (trace.name, trace.path, trace.view, trace.error, *trace.tags, *trace.tags.values())
    return _TRACE_BYTES + sum(len(text) for text in texts if text) + queries + overflow


def _size_of_query(query: Query) -> int:
    params = query.params or ()
    values = params if isinstance(params, tuple) else tuple(params.values())
    sized = sum(len(value) for value in values if isinstance(value, str | bytes))
    return _QUERY_BYTES + len(query.sql) + _PARAM_BYTES * len(values) + sized
