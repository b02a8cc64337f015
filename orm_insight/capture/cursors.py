"""Records what a cursor does beside ``execute()``: stored procedures, and ``COPY``.

Django runs no execute wrapper around these. Their time is that of the whole call; of a ``COPY``
that of its block, in which the application reads or writes the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial, wraps
from time import perf_counter
from typing import Any

from django.db.backends.utils import CursorWrapper

from orm_insight.capture.recorder import begin_stacks_at, record_call

_cursors: Any = CursorWrapper
_callproc: Any = CursorWrapper.callproc


def install() -> None:
    _cursors.callproc = callproc
    _cursors.copy = property(_copy)


def uninstall() -> None:
    if _cursors.__dict__.get("callproc") is callproc:
        _cursors.callproc = _callproc
        del _cursors.copy


@wraps(_callproc)
def callproc(self: Any, procname: Any, params: Any = None, kparams: Any = None) -> Any:
    started = perf_counter()
    error: BaseException | None = None
    try:
        return _callproc(self, procname, params, kparams)
    except BaseException as raised:
        error = raised
        raise
    finally:
        record_call(self, _call_of(self.db.vendor, procname, params), params, started, error)


def _call_of(vendor: str, name: Any, params: Any) -> str:
    """The statement that the driver makes of it, as near as it can be told."""
    values = ", ".join(["%s"] * len(params or ()))
    if vendor == "postgresql":
        return f'SELECT * FROM "{name}"({values})'
    return f"CALL {name}({values})"


def _copy(self: Any) -> Any:
    """Only there where the driver's cursor has it."""
    return partial(_recorded_copy, self, self.cursor.copy)


@contextmanager
def _recorded_copy(
    cursor: Any, copy: Any, statement: Any, params: Any = None, **options: Any
) -> Iterator[Any]:
    started = perf_counter()
    error: BaseException | None = None
    try:
        with copy(statement, params, **options) as opened:
            yield opened
    except BaseException as raised:
        error = raised
        raise
    finally:
        record_call(cursor, statement, params, started, error)


_methods: tuple[Any, ...] = (callproc, _recorded_copy)
begin_stacks_at(_methods[0].__code__)
begin_stacks_at(_methods[1].__wrapped__.__code__)
