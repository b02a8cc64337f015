"""The recorder of one trace, to which the execute wrapper writes: the mutable side of capture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter
from types import CodeType
from typing import Any, NamedTuple, TypeAlias

from orm_insight.capture.lineage import Built
from orm_insight.capture.stack import StackWalker
from orm_insight.capture.usage import Usage
from orm_insight.model.provenance import Narrowing
from orm_insight.model.trace import TransactionOutcome

NotedTransaction: TypeAlias = tuple[str, float, float, float, TransactionOutcome]
"""Alias, beginning, beginning and end of its last statement, outcome."""


class RawQuery(NamedTuple):
    """One executed statement as it was met, kept as a plain tuple of this layout.

    Times are seconds of ``perf_counter``. ``rows`` is the driver's row count.
    """

    sql: str
    params: Any
    alias: str
    started: float
    duration: float
    rows: Any
    error: str | None
    in_transaction: bool
    batch_size: int | None
    stack: int
    built: Built | None
    narrowing: Narrowing | None
    parent: int


_ROWS, _BUILT = RawQuery._fields.index("rows"), RawQuery._fields.index("built")


@dataclass(slots=True, eq=False, kw_only=True)
class Recorder:
    """Collects the statements of one trace, and of the ``capture()`` blocks around it.

    Blocks inside a trace share its walker: a stack is walked once and written to all of them.
    ``usage`` watches the rows of a deep recording. After ``detailed`` statements, values are
    withheld and new stacks end early; after ``limit``, statements are only summed up.
    """

    limit: int = 10_000
    detailed: int = 10_000
    outer: Recorder | None = None
    usage: Usage | None = None
    walker: StackWalker = field(default_factory=StackWalker)
    opened_in: CodeType | None = None  # the code that has entered a block
    trace_id: str | None = None  # of the trace that it becomes
    is_over: bool = False
    # Gives the recorder of work that goes on after the end, in threads and tasks left behind.
    succeed: Callable[[], Recorder | None] | None = None
    # Told of a statement that began before the end and ended after it.
    missed: Callable[[], None] | None = None
    # The answer of built_at() for the statement that a thread is about to execute, and that
    # thread: only for the load of a single related object, and to be checked by the relation.
    loading: tuple[Built, int, int] | None = None
    queries: list[tuple[Any, ...]] = field(default_factory=list)
    # By id of the statement: how many rows it gave, if only the ORM has counted them.
    counted: dict[int, tuple[tuple[Any, ...], int]] = field(default_factory=dict)
    vendors: dict[str, str] = field(default_factory=dict)
    dropped: int = 0
    overflow: dict[tuple[str, int, str], tuple[int, float]] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)  # by alias, of the open transactions
    transactions: list[NotedTransaction] = field(default_factory=list)
    started: float = field(default_factory=perf_counter)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if self.outer is not None:
            self.usage = self.usage or self.outer.usage
            self.walker, self.counted = self.outer.walker, self.outer.counted

    def current(self) -> Recorder | None:
        """This recorder; after its end the one around it, or the one that has taken its place."""
        recorder = self
        while recorder.is_over:
            if recorder.outer is None:
                return recorder.succeed() if recorder.succeed is not None else None
            recorder = recorder.outer
        return recorder

    def keep(self, query: tuple[Any, ...]) -> None:
        if len(self.queries) < self.limit:
            self.queries.append(query)
        else:
            self._sum_up(RawQuery._make(query))
        if self.is_over and self.missed is not None:
            self.missed()
        if self.outer is not None:
            self.outer.keep(query)

    def _sum_up(self, query: RawQuery) -> None:
        key = (query.sql, query.stack, query.alias)
        with self._lock:
            count, total = self.overflow.get(key, (0, 0.0))
            self.overflow[key] = (count + 1, total + query.duration)
            self.dropped += 1

    def note_rows(self, built: Built | None, rows: int) -> None:
        """Note how many instances the latest statement gave, if the driver does not count."""
        last = self.queries[-1] if self.queries else None
        if last is not None and last[_BUILT] is built and last[_ROWS] == -1:
            self.counted[id(last)] = last, rows

    def note_vendor(self, alias: str, vendor: str) -> None:
        recorder: Recorder | None = self
        while recorder is not None:
            recorder.vendors[alias] = vendor
            recorder = recorder.outer
