"""Decides which traces of a store stay: the newest, the pinned, and the worst of each endpoint.

Pure, so that every store keeps the same. A plain ring forgets the one slow request of the morning
by noon; here the slowest trace of an endpoint, the one with most queries and the one with most
repeats also stay for hours. An imported trace is as old as its import, and never the worst: it says
nothing of this project's endpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from orm_insight.model.summary import TraceSummary
from orm_insight.stores.base import KeptFor, PinOutcome

MAX_ENDPOINTS = 50
"""The worst are kept of so many endpoints, those seen last."""
MAX_PINNED = 50
_SHARE_OF_PINNED = 2
"""The pinned may take half of all bytes."""
_SHARE_OF_WORST = 4
"""The worst that are not among the newest may take a quarter of all bytes."""


class Sized(NamedTuple):
    """A trace of the store, and the bytes that it takes."""

    summary: TraceSummary
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``max_traces`` limits the newest traces, ``max_bytes`` these and the pinned ones."""

    max_traces: int = 200
    max_bytes: int = 64 * 2**20
    max_age: timedelta = timedelta(days=1)
    worst_for: timedelta = timedelta(hours=12)

    def __post_init__(self) -> None:
        if self.max_traces < 1 or self.max_bytes < 1:
            raise ValueError("max_traces and max_bytes must be at least 1.")

    @property
    def most_traces(self) -> int:
        """No store holds more, for whatever reason they are kept."""
        return self.max_traces + MAX_PINNED + len(_MEASURES) * MAX_ENDPOINTS


_MEASURES: dict[KeptFor, Callable[[TraceSummary], float]] = {
    "slowest": attrgetter("duration_ms"),
    "most queries": attrgetter("queries"),
    "most repeats": attrgetter("repeats"),
}


def retained(
    entries: Sequence[Sized], limits: Limits, pinned: Collection[str], now: datetime
) -> dict[str, frozenset[KeptFor]]:
    """The ids that stay, each with the reasons; ``entries`` are the newest first."""
    young = [entry for entry in entries if _is_young(entry, limits.max_age, now)]
    reasons: dict[str, set[KeptFor]] = {
        entry.summary.id: {"pinned"} for entry in entries if entry.summary.id in pinned
    }
    left = limits.max_bytes - sum(e.bytes for e in entries if e.summary.id in pinned)
    recent = list(_recent(young, limits.max_traces, left, pinned))
    for entry in recent:
        reasons.setdefault(entry.summary.id, set()).add("recent")
    # Until the ring is full the worst need no reason to stay.
    if len(recent) < len(young) or len(recent) >= limits.max_traces:
        left -= sum(entry.bytes for entry in recent if entry.summary.id not in pinned)
        room = min(limits.max_bytes // _SHARE_OF_WORST, left)
        ours = [entry for entry in young if not entry.summary.is_imported]
        for entry, reason in _worst([e for e in ours if _is_young(e, limits.worst_for, now)]):
            id = entry.summary.id
            if id not in reasons:
                if entry.bytes > room:
                    continue
                room -= entry.bytes
            reasons.setdefault(id, set()).add(reason)
    return {id: frozenset(found) for id, found in reasons.items()}


def outcome_of_pin(
    id: str, entries: Iterable[Sized], limits: Limits, pinned: Collection[str]
) -> PinOutcome:
    """Decide whether one more may be pinned."""
    sizes = {entry.summary.id: entry.bytes for entry in entries}
    if id not in sizes:
        return PinOutcome.GONE
    if id in pinned:
        return PinOutcome.DONE
    if len(pinned) >= MAX_PINNED:
        return PinOutcome.TOO_MANY
    taken = sum(sizes.get(other, 0) for other in pinned)
    is_fitting = taken + sizes[id] <= limits.max_bytes // _SHARE_OF_PINNED
    return PinOutcome.DONE if is_fitting else PinOutcome.TOO_LARGE


def _is_young(entry: Sized, age: timedelta, now: datetime) -> bool:
    """Return whether it is near, past or future: the clock may have jumped."""
    since = entry.summary.imported_at or entry.summary.started_at
    return abs(now - since) <= age


def _recent(
    entries: Iterable[Sized], number: int, room: int, pinned: Collection[str]
) -> Iterator[Sized]:
    for count, entry in enumerate(entries):
        if entry.summary.id not in pinned:
            room -= entry.bytes
        if count >= number or room < 0:
            return
        yield entry


def _worst(entries: Sequence[Sized]) -> Iterator[tuple[Sized, KeptFor]]:
    """The worst of each endpoint by each measure; the newest of equal ones."""
    endpoints: dict[str, list[Sized]] = {}
    for entry in entries:
        if entry.summary.endpoint in endpoints or len(endpoints) < MAX_ENDPOINTS:
            endpoints.setdefault(entry.summary.endpoint, []).append(entry)
    for reason, measure in _MEASURES.items():
        for found in endpoints.values():
            worst = max(found, key=lambda entry: measure(entry.summary))
            if measure(worst.summary) > 0:
                yield worst, reason
