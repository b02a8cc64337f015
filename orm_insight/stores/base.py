"""The protocol of all stores of traces, and the values that they exchange."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Protocol, TypeAlias

from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace

KeptFor: TypeAlias = Literal["recent", "pinned", "slowest", "most queries", "most repeats"]


class PinOutcome(Enum):
    """The result of pinning or unpinning a trace."""

    DONE = "done"
    GONE = "gone"
    TOO_MANY = "too many"
    TOO_LARGE = "too large"
    """The pinned traces may take half of the store's bytes, so that new ones have room."""
    UNREACHABLE = "unreachable"
    """The store does not answer."""


class Listed(NamedTuple):
    """A trace of the store without its queries, and why it is still there."""

    summary: TraceSummary
    kept_for: frozenset[KeptFor] = frozenset()


class Held(NamedTuple):
    """Traces that a store hands to a later one, newest first, and which of them are pinned."""

    traces: Iterable[Trace] = ()
    pinned: Collection[str] = frozenset()


def count_beside(kept_for: Iterable[Collection[KeptFor]]) -> int:
    """How many traces are kept for other reasons than that they are new."""
    return sum("recent" not in reasons for reasons in kept_for)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatistics:
    """How full a store is, and what it has lost since it was last cleared.

    ``beside`` counts traces that are kept although they are not among the newest. ``evicted`` ones
    made room for newer ones; ``rejected`` ones are larger than the whole store. ``dropped`` ones
    could not be written, ``unreadable`` entries were skipped: both stay 0 in memory.
    """

    traces: int = 0
    beside: int = 0
    bytes: int = 0
    evicted: int = 0
    rejected: int = 0
    dropped: int = 0
    unreadable: int = 0


class TraceStore(Protocol):
    """A bounded collection of traces, safe to use from several threads at once."""

    @property
    def is_shared(self) -> bool:
        """True if other processes write and read the same traces."""

    @property
    def problem(self) -> str | None:
        """The present problem with the store, for people to read."""

    @property
    def is_answering(self) -> bool:
        """True if the store has answered the last question."""

    @property
    def most_traces(self) -> int:
        """The store never holds more, for whatever reason they are kept."""

    def save(self, trace: Trace) -> None:
        """Keep a trace as the newest; one with the same id is replaced, and stays pinned."""

    def get(self, id: str) -> Trace | None:
        """The trace; ``None`` if it never existed, or has made room for newer ones."""

    def get_many(self, ids: Sequence[str]) -> Iterator[Trace]:
        """The traces that are there, in this order, read at once; each is made when needed."""

    def listed(self, limit: int | None = None) -> tuple[Listed, ...]:
        """The kept traces, newest first, at most ``limit`` of them."""

    def pin(self, id: str, *, is_pinned: bool) -> PinOutcome:
        """Keep a trace until it is unpinned, whatever comes and however old it gets."""

    def clear(self) -> bool:
        """Forget all traces that are not pinned, and start counting again.

        ``False`` if the store does not answer; then nothing is forgotten.
        """

    def read_board(self) -> bytes | None:
        """The data of the last ``write_board``; ``None`` if the store does not answer."""

    def write_board(self, data: bytes) -> bool:
        """Show this to all who share the store; ``False`` if the store does not answer."""

    @property
    def statistics(self) -> StoreStatistics:
        """The present figures."""
