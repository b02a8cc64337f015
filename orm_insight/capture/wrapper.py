"""The execute wrapper, which runs around every statement of the application.

A failure in here is reported to ``faults``, and the statement runs as if nothing were installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from sys import _getframe
from threading import get_ident
from time import perf_counter
from types import CodeType
from typing import Any

from django.db.backends.utils import CursorWrapper

from orm_insight import faults
from orm_insight.capture.active import active
from orm_insight.capture.provenance import NOT_BUILT, built_at, narrowing_at, steps_to_issuer
from orm_insight.capture.recorder import Recorder
from orm_insight.capture.redaction import withheld_together
from orm_insight.capture.stack import Known, StackWalker

_MUTABLE = frozenset({list, dict, bytearray, set})
_Call = tuple[Any, Any, bool, Mapping[str, Any]]


def frozen(params: Any) -> Any:
    """The parameters as they are now: containers that the application may change are copied."""
    if type(params) is tuple and _MUTABLE.isdisjoint(map(type, params)):
        return params
    if params is None:
        return None
    if type(params) not in (tuple, list) and isinstance(params, Mapping):
        return {name: _snapshot(value) for name, value in params.items()}
    return tuple(map(_snapshot, params))


def _snapshot(value: Any) -> Any:
    return value.copy() if type(value) in _MUTABLE else value


def first_of(batches: Any) -> Any:
    """The first parameter set of an ``executemany``; an iterator is spent and stays untouched."""
    return frozen(batches[0]) if isinstance(batches, (list, tuple)) and batches else None


def batch_size(batches: Any) -> int | None:
    return len(batches) if isinstance(batches, (list, tuple)) else None


def as_text(sql: Any, connection: Any) -> str:
    """The text of a psycopg ``Composed``, of bytes or of another object that stands for SQL."""
    if isinstance(sql, bytes):
        return sql.decode(errors="replace")
    as_string = getattr(sql, "as_string", None)
    return str(as_string(connection.connection) if as_string is not None else sql)


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
    """Keep a call of a cursor's method that passes no execute wrapper; the caller is on top."""
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
        # The wrapper of another tool lies between, or something else that calls us.
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
