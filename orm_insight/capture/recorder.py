"""The execute wrapper, and the recorder that it writes to: the mutable side of capture.

The wrapper runs around every statement of the application. Whatever fails here is reported to
``faults`` and the statement runs as if nothing were installed.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import perf_counter
from types import CodeType
from typing import Any, NamedTuple, TypeAlias

from orm_insight.capture.lineage import Built
from orm_insight.capture.stack import StackWalker
from orm_insight.capture.usage import Usage
from orm_insight.model.provenance import Narrowing
from orm_insight.model.trace import TransactionOutcome

# Alias, begin, begin and end of its last statement, how it ended.
NotedTransaction: TypeAlias = tuple[str, float, float, float, TransactionOutcome]


class RawQuery(NamedTuple):
    """One executed statement as it was met, kept as a plain tuple of this layout.

    Times are seconds of ``perf_counter``. ``rows`` is what the driver says.
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


class Recorder:
    """Collects the statements of one trace, and of the ``capture()`` blocks around it.

    Blocks inside a trace share its walker: a stack is walked once and written to all of them.
    ``usage`` is there where it is watched what becomes of the rows. Behind ``detailed`` statements
    values are withheld and new stacks end early; behind ``limit``, statements are only summed up.
    """

    __slots__ = (
        "_lock",
        "begun",
        "counted",
        "detailed",
        "dropped",
        "is_over",
        "limit",
        "loading",
        "missed",
        "opened_in",
        "outer",
        "overflow",
        "queries",
        "started",
        "succeed",
        "trace_id",
        "transactions",
        "usage",
        "vendors",
        "walker",
    )

    def __init__(
        self,
        *,
        limit: int = 10_000,
        detailed: int = 10_000,
        outer: Recorder | None = None,
        usage: Usage | None = None,
        walker: StackWalker | None = None,
    ) -> None:
        self.limit = limit
        self.detailed = detailed
        self.is_over = False
        # Gives the recorder of what goes on after the end, in threads and tasks left behind.
        self.succeed: Callable[[], Recorder | None] | None = None
        # Told of a statement that began before the end and ended behind it.
        self.missed: Callable[[], None] | None = None
        self.trace_id: str | None = None  # of the trace that it becomes
        self.opened_in: CodeType | None = None  # the code that has entered a block
        self.outer = outer
        self.usage: Usage | None = usage or (outer.usage if outer is not None else None)
        # What built_at() would say of the statement that a thread is about to execute, and that
        # thread; only where it loads a single related object, and to be checked by the relation.
        self.loading: tuple[Built, int, int] | None = None
        self.walker: StackWalker = outer.walker if outer is not None else walker or StackWalker()
        self.queries: list[tuple[Any, ...]] = []
        # By id of the statement: how many rows it gave, where only the ORM has counted.
        self.counted: dict[int, tuple[tuple[Any, ...], int]] = (
            {} if outer is None else outer.counted
        )
        self.vendors: dict[str, str] = {}
        self.dropped = 0
        self.overflow: dict[tuple[str, int, str], tuple[int, float]] = {}
        self.begun: dict[str, float] = {}  # by alias, of the transactions that are open
        self.transactions: list[NotedTransaction] = []
        self._lock = Lock()
        self.started = perf_counter()

    def current(self) -> Recorder | None:
        """This one; after its end the one around it, or the one that has taken its place."""
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
        """How many instances came of the statement just now, where the driver does not count."""
        last = self.queries[-1] if self.queries else None
        if last is not None and last[_BUILT] is built and last[_ROWS] == -1:
            self.counted[id(last)] = last, rows

    def note_vendor(self, alias: str, vendor: str) -> None:
        recorder: Recorder | None = self
        while recorder is not None:
            recorder.vendors[alias] = vendor
            recorder = recorder.outer
