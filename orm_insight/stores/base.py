"""What every store of traces can do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Protocol, TypeAlias

from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace

KeptFor: TypeAlias = Literal["recent", "pinned", "slowest", "most queries", "most repeats"]


class PinOutcome(Enum):
    """What became of the wish to pin a trace, or to unpin it."""

    DONE = "done"
    GONE = "gone"
    TOO_MANY = "too many"
    TOO_LARGE = "too large"
    """The pinned traces may take half of the store's bytes, so that new ones have room."""
    UNREACHABLE = "unreachable"
    """The store does not answer now."""


class Listed(NamedTuple):
    """A trace of the store without its queries, and why it is still there."""

    summary: TraceSummary
    kept_for: frozenset[KeptFor] = frozenset()


class Held(NamedTuple):
    """What a store hands to a later one: its traces, newest first, and which of them are pinned."""

    traces: Iterable[Trace] = ()
    pinned: Collection[str] = frozenset()


def count_beside(kept_for: Iterable[Collection[KeptFor]]) -> int:
    """How many traces are kept for other reasons than that they are new."""
    return sum("recent" not in reasons for reasons in kept_for)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatistics:
    """How full a store is, and what it has lost since it was last cleared.

    ``beside`` of the traces are kept although they are not among the newest.

    ``evicted`` traces made room for newer ones; ``rejected`` ones are larger than the whole store.
    ``dropped`` ones could not be written, ``unreadable`` entries were skipped: both stay 0 in the
    memory of the process.
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
        """Whether other processes write and read the same traces."""

    @property
    def problem(self) -> str | None:
        """What is wrong with the store now, for people to read."""

    @property
    def is_answering(self) -> bool:
        """Whether it has answered what it was asked last."""

    @property
    def most_traces(self) -> int:
        """It never holds more, whatever they are kept for."""

    def save(self, trace: Trace) -> None:
        """Keep a trace as the newest; one with the same id is replaced, and stays pinned."""

    def get(self, id: str) -> Trace | None:
        """The trace, or ``None`` where it never existed or has made room for newer ones."""

    def get_many(self, ids: Sequence[str]) -> Iterator[Trace]:
        """Those that are there, in this order: asked for in one go, each made when it is wanted."""

    def listed(self, limit: int | None = None) -> tuple[Listed, ...]:
        """What is kept, newest first, at most ``limit`` of them."""

    def pin(self, id: str, *, is_pinned: bool) -> PinOutcome:
        """Keep a trace until it is unpinned, whatever comes and however old it gets."""

    def clear(self) -> bool:
        """Forget all traces that are not pinned, and start counting again.

        ``False`` where nobody answers; then nothing is forgotten.
        """

    def read_board(self) -> bytes | None:
        """What ``write_board`` was given last, empty at first; ``None`` where nobody answers."""

    def write_board(self, data: bytes) -> bool:
        """Show this to all who share the store; ``False`` where nobody answers."""

    @property
    def statistics(self) -> StoreStatistics:
        """The figures of this moment."""
