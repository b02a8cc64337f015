"""The execute wrapper, and the recorder that it writes to: the mutable side of capture.

The wrapper runs around every statement of the application. Whatever fails here is reported to
``faults`` and the statement runs as if nothing were installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from sys import _getframe
from threading import Lock, get_ident
from time import perf_counter
from types import CodeType
from typing import Any, NamedTuple, TypeAlias

from django.db.backends.utils import CursorWrapper

from orm_insight.capture import faults
from orm_insight.capture.active import active
from orm_insight.capture.calls import as_text, batch_size, first_of, frozen
from orm_insight.capture.lineage import Built
from orm_insight.capture.provenance import NOT_BUILT, built_at, narrowing_at, steps_to_issuer
from orm_insight.capture.redaction import withheld_together
from orm_insight.capture.stack import Known, StackWalker
from orm_insight.capture.usage import Usage
from orm_insight.model.surroundings import TransactionOutcome
from orm_insight.model.trace import Narrowing

_Call = tuple[Any, Any, bool, Mapping[str, Any]]
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


def record_query(
    execute: Callable[..., Any],
    sql: Any,
    params: Any,
    many: bool,  # noqa: FBT001  # Django's signature of an execute wrapper
    context: Mapping[str, Any],
) -> Any:
    """The execute wrapper: straight through unless a recorder is active."""
    try:
        recorder = active.get()
        if recorder is not None:
            if recorder.is_over:
                recorder = recorder.current()
            started = perf_counter()
    except Exception as fault:
        faults.report("begin to record a query", fault)
        recorder = None
    if recorder is None:
        return execute(sql, params, many, context)
    try:
        result = execute(sql, params, many, context)
    except BaseException as error:
        # A server's time limit or Ctrl+C may strike while the database is at work.
        _record(recorder, (sql, params, many, context), started, error)
        raise
    _record(recorder, (sql, params, many, context), started, None)
    return result


def _record(recorder: Recorder, call: _Call, started: float, error: BaseException | None) -> None:
    """Keep a statement that has just ended; a failure of ours is counted and stays here."""
    try:
        duration = perf_counter() - started
        sql, params, many, context = call
        connection = context["connection"]
        if connection.alias not in recorder.vendors:
            recorder.note_vendor(connection.alias, connection.vendor)
        if type(sql) is not str:
            sql = as_text(sql, connection)
        is_detailed = len(recorder.queries) < recorder.detailed
        known = recorder.walker.recall(sql) or _meet(recorder.walker, sql, is_short=not is_detailed)
        issuer, size = known.issuer, batch_size(params) if many else None
        loading: Any = recorder.loading
        if loading and loading[0].relation is known.relation and loading[2] == get_ident():
            built, parent, _ = loading  # the parameters are keys
        else:
            built, parent = built_at(_getframe(issuer)) if issuer else NOT_BUILT
            params = first_of(params) if many else frozen(params)
        if not is_detailed:
            params = withheld_together(params)
        recorder.keep(
            (
                known.sql,  # one text for all
                params,
                connection.alias,
                started,
                duration,
                getattr(context["cursor"].cursor, "rowcount", -1) if error is None else -1,
                None if error is None else f"{type(error).__name__}: {error}",
                connection.in_atomic_block or not connection.autocommit,
                size,
                known.number,
                built,
                known.narrowing,
                parent,
            )
        )
    except Exception as fault:
        faults.report("record a query", fault)


_cursor_codes = {id(CursorWrapper.execute.__code__), id(CursorWrapper.executemany.__code__)}


def begin_stacks_at(code: CodeType) -> None:
    _cursor_codes.add(id(code))


def record_call(
    cursor: Any, sql: Any, params: Any, started: float, error: BaseException | None
) -> None:
    """Keep what a method of the cursor did without the execute wrapper; the caller is on top."""
    try:
        recorder = active.get()
        recorder = recorder.current() if recorder is not None else None
    except Exception as fault:
        faults.report("record a call", fault)
        return
    if recorder is not None:
        context = {"connection": cursor.db, "cursor": cursor}
        _record(recorder, (sql, params, False, context), started, error)


def _meet(walker: StackWalker, sql: str, *, is_short: bool) -> Known:
    """Walk the stack of a statement for the first time. Depths count from ``_record``."""
    depth = 2  # itself, record_query() or record_call(): then, or further out, the cursor's method
    frame = _getframe(1 + depth)
    while id(frame.f_code) not in _cursor_codes and frame.f_back is not None:
        # A wrapper of another tool lies between, or something else that calls us.
        depth += 1
        frame = frame.f_back
    steps = steps_to_issuer(frame)
    if steps is None:
        return walker.meet(sql, frame, depth, is_short=is_short)
    executing = _getframe(1 + depth + steps)
    built = built_at(executing)[0]
    relation = built.relation if built is not None and built.base is None else None
    narrowing = narrowing_at(executing)
    return walker.meet(sql, frame, depth, depth + steps, relation, narrowing, is_short=is_short)
