"""What every store of traces can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from orm_insight.model.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatistics:
    """How full a store is, and what it has lost since it was last cleared.

    ``evicted`` traces made room for newer ones; ``rejected`` ones are larger than the whole store.
    """

    traces: int = 0
    bytes: int = 0
    evicted: int = 0
    rejected: int = 0


class TraceStore(Protocol):
    """A bounded collection of traces, safe to use from several threads at once."""

    def save(self, trace: Trace) -> None:
        """Keep a trace as the newest; one with the same id is replaced."""

    def get(self, id: str) -> Trace | None:
        """The trace, or ``None`` where it never existed or has made room for newer ones."""

    def recent(self, limit: int | None = None) -> tuple[Trace, ...]:
        """The newest traces first, at most ``limit`` of them."""

    def clear(self) -> None:
        """Forget all traces and start counting again."""

    @property
    def statistics(self) -> StoreStatistics:
        """The figures of this moment."""
