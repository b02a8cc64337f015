"""Traces in the memory of this process, bounded by their number, their bytes and their age.

Writers take turns under a lock and swap a whole immutable ``_Contents``; readers take no lock and
see either the contents before or the contents after, so that nobody ever waits for a reader.

The ring is trimmed for several new traces at once, or when somebody looks: readers always see it
within its limits, while it may hold a sixteenth more for a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

from orm_insight.model.summary import TraceSummary, summary_of
from orm_insight.model.trace import Query, Trace
from orm_insight.stores.base import Held, KeptFor, Listed, PinOutcome, StoreStatistics, count_beside
from orm_insight.stores.retention import Limits, Sized, outcome_of_pin, retained

_UNTRIMMED = 16
_UNTRIMMED_SHARE = 16
_SEEN_S = 1.0
"""The time for which a trace may be shown although it has grown too old."""

# Sizes measured on CPython 3.13, rounded up: the estimate errs to the safe side.
_TRACE_BYTES = 2_000
_QUERY_BYTES = 500
_DROPPED_BYTES = 400
_PARAM_BYTES = 80


class _Entry(NamedTuple):
    trace: Trace
    summary: TraceSummary
    bytes: int


@dataclass(frozen=True, slots=True)
class _Contents:
    """``entries`` are the newest first; ``untrimmed`` of them came since room was made."""

    entries: tuple[_Entry, ...] = ()
    kept_for: Mapping[str, frozenset[KeptFor]] = field(default_factory=dict)
    pinned: frozenset[str] = frozenset()
    evicted: int = 0
    rejected: int = 0
    untrimmed: int = 0
    untrimmed_bytes: int = 0


class MemoryStore:
    """A ring: the newest traces push the oldest out, but for the pinned and the worst."""

    is_shared = False
    is_answering = True

    def __init__(self, **limits: Any) -> None:
        self.limits = Limits(**limits)
        self._contents = _Contents()
        self._seen = self._contents, self._contents, monotonic()
        self._lock = Lock()
        self._board = b""

    @property
    def most_traces(self) -> int:
        return self.limits.most_traces

    @property
    def problem(self) -> str | None:
        return None

    def save(self, trace: Trace) -> None:
        # Sized before the lock is taken: it is the only part that depends on the trace.
        entry = _entry_of(trace)
        with self._lock:
            contents = self._contents
            entries = contents.entries
            if any(other.trace.id == trace.id for other in entries):
                entries = tuple(other for other in entries if other.trace.id != trace.id)
            if entry.bytes > self.limits.max_bytes:
                self._swap(replace(contents, entries=entries, rejected=contents.rejected + 1))
                return
            contents = replace(
                contents,
                entries=(entry, *entries),
                untrimmed=contents.untrimmed + 1,
                untrimmed_bytes=contents.untrimmed_bytes + entry.bytes,
            )
            if self._is_trimmed_later(contents):
                self._contents = contents
            else:
                self._swap(contents)

    def _is_trimmed_later(self, contents: _Contents) -> bool:
        room = self.limits.max_bytes // _UNTRIMMED_SHARE
        return contents.untrimmed < _UNTRIMMED and contents.untrimmed_bytes < room

    def get(self, id: str) -> Trace | None:
        return next(self.get_many([id]), None)

    def get_many(self, ids: Sequence[str]) -> Iterator[Trace]:
        asked = frozenset(ids)
        entries = self._trimmed_contents().entries
        found = {each.summary.id: each.trace for each in entries if each.summary.id in asked}
        return (found[id] for id in ids if id in found)

    def listed(self, limit: int | None = None) -> tuple[Listed, ...]:
        contents = self._trimmed_contents()
        entries = contents.entries
        if limit is not None:
            entries = entries[: max(limit, 0)]
        return tuple(Listed(e.summary, contents.kept_for[e.summary.id]) for e in entries)

    def pin(self, id: str, *, is_pinned: bool) -> PinOutcome:
        with self._lock:
            contents = self._trimmed(self._contents)
            if not is_pinned:
                outcome = PinOutcome.DONE if id in contents.kept_for else PinOutcome.GONE
                self._swap(replace(contents, pinned=contents.pinned - {id}))
                return outcome
            sized = _sized(contents.entries)
            outcome = outcome_of_pin(id, sized, self.limits, contents.pinned)
            if outcome is PinOutcome.DONE:
                self._swap(replace(contents, pinned=contents.pinned | {id}))
            return outcome

    def clear(self) -> bool:
        with self._lock:
            contents = self._contents
            left = tuple(e for e in contents.entries if e.summary.id in contents.pinned)
            self._swap(_Contents(left, pinned=contents.pinned))
        return True

    def held(self) -> Held:
        """The present traces, for ``take_over`` of a later store."""
        contents = self._trimmed_contents()
        return Held([entry.trace for entry in contents.entries], contents.pinned)

    def take_over(self, held: Held) -> None:
        """Add the traces of an earlier store, as older ones, as far as the limits allow.

        They are made one by one, and no more than there is room for.
        """
        found: dict[str, _Entry] = {}
        room = self.limits.max_bytes
        for trace in islice(held.traces, self.limits.most_traces):
            entry = _entry_of(trace)
            if entry.bytes <= room or trace.id in held.pinned:
                room -= entry.bytes
                found[trace.id] = entry
        with self._lock:
            contents = self._contents
            known = {entry.summary.id for entry in contents.entries}
            older = [entry for id, entry in found.items() if id not in known]
            entries = (*contents.entries, *older)
            pinned = self._as_allowed(contents.pinned, entries, held.pinned)
            self._swap(replace(contents, entries=entries, pinned=pinned))

    def _as_allowed(
        self, pinned: frozenset[str], entries: Sequence[_Entry], wanted: Collection[str]
    ) -> frozenset[str]:
        """The pinned ids, and as many of the wanted as could be pinned one after the other."""
        sized = _sized(entries)
        for id in [entry.summary.id for entry in entries if entry.summary.id in wanted]:
            if outcome_of_pin(id, sized, self.limits, pinned) is PinOutcome.DONE:
                pinned |= {id}
        return pinned

    def read_board(self) -> bytes | None:
        return self._board

    def write_board(self, data: bytes) -> bool:
        self._board = data
        return True

    @property
    def statistics(self) -> StoreStatistics:
        contents = self._trimmed_contents()
        return StoreStatistics(
            traces=len(contents.entries),
            beside=count_beside(contents.kept_for.values()),
            bytes=sum(entry.bytes for entry in contents.entries),
            evicted=contents.evicted,
            rejected=contents.rejected,
        )

    def _swap(self, contents: _Contents) -> None:
        self._contents = self._trimmed(contents)

    def _trimmed_contents(self) -> _Contents:
        """The contents within all limits now, as readers see them."""
        contents = self._contents
        seen, trimmed, at = self._seen
        if seen is contents and monotonic() - at < _SEEN_S:
            return trimmed
        trimmed = self._trimmed(contents)
        self._seen = contents, trimmed, monotonic()
        return trimmed

    def _trimmed(self, contents: _Contents) -> _Contents:
        pinned = contents.pinned & {entry.summary.id for entry in contents.entries}
        kept_for = retained(_sized(contents.entries), self.limits, pinned, datetime.now(UTC))
        entries = tuple(e for e in contents.entries if e.summary.id in kept_for)
        return _Contents(
            entries,
            kept_for,
            pinned,
            contents.evicted + len(contents.entries) - len(entries),
            contents.rejected,
        )


def _entry_of(trace: Trace) -> _Entry:
    return _Entry(trace, summary_of(trace), size_of(trace))


def _sized(entries: Sequence[_Entry]) -> list[Sized]:
    return [Sized(entry.summary, entry.bytes) for entry in entries]


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
