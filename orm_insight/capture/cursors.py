"""Records stored procedures, ``COPY`` and ``stream()``; refuses queries in a block without any.

Django runs no execute wrapper around these calls of a cursor. Their time is that of the whole call.
A ``COPY`` lasts as long as its block, and a stream until its end: in both, the application works.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Any, NoReturn

from django.db import connections
from django.db.backends.utils import CursorWrapper

from orm_insight.capture.active import active
from orm_insight.capture.wrapper import begin_stacks_at, record_call
from orm_insight.patching import Patches


def learn_kinds() -> None:
    """Patch the cursor with which PostgreSQL's backend, imported by now, works if ``DEBUG`` is on:
    it has a ``copy()`` of its own."""
    for kind in _below(CursorWrapper):
        if "copy" in vars(kind):
            _patches.replace(kind, "copy", _copying)


def _below(kind: Any) -> Iterator[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


def _copying(original: Any) -> Any:
    def copy(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _recorded_copy(self, partial(original, self), *args, **kwargs)

    return copy


def _recording_procedures(original: Any) -> Any:
    def callproc(self: Any, procname: Any, params: Any = None, kparams: Any = None) -> Any:
        with _recorded(self, _call_of(self.db.vendor, procname, params), params):
            return original(self, procname, params, kparams)

    begin_stacks_at(callproc.__code__)
    return callproc


@contextmanager
def _recorded(cursor: Any, statement: Any, params: Any) -> Iterator[None]:
    started = perf_counter()
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        record_call(cursor, statement, params, started, error)


def _call_of(vendor: str, name: Any, params: Any) -> str:
    """The statement that the driver makes of the call, as far as it can be told."""
    values = ", ".join(["%s"] * len(params or ()))
    if vendor == "postgresql":
        return f'SELECT * FROM "{name}"({values})'
    return f"CALL {name}({values})"


def _copy(self: Any) -> Any:
    """Raise ``AttributeError``, as without us, if the driver's cursor has no ``copy()``."""
    return partial(_recorded_copy, self, self.cursor.copy)


@contextmanager
def _recorded_copy(
    cursor: Any, copy: Any, statement: Any, params: Any = None, *args: Any, **options: Any
) -> Iterator[Any]:
    given = (params, *args) if params is not None or args else ()
    with _recorded(cursor, statement, params), copy(statement, *given, **options) as opened:
        yield opened


def _stream(self: Any) -> Any:
    return partial(_recorded_stream, self, self.cursor.stream)


def _recorded_stream(
    cursor: Any, stream: Any, query: Any, params: Any = None, **options: Any
) -> Iterator[Any]:
    """The rows as they come; a stream may be left open, and end while other work is recorded."""
    started, recorder = perf_counter(), active.get()
    error: BaseException | None = None
    try:
        yield from stream(query, params, **options)
    except Exception as raised:
        error = raised
        raise
    finally:
        token = active.set(recorder)
        record_call(cursor, query, params, started, error)
        active.reset(token)


_patches = Patches(
    (CursorWrapper, "callproc", _recording_procedures),
    (CursorWrapper, "copy", lambda _: property(_copy)),
    (CursorWrapper, "stream", lambda _: property(_stream)),
)
install, uninstall = _patches.install, _patches.undo

_methods: tuple[Any, ...] = (_recorded_copy, _recorded_stream)
begin_stacks_at(_methods[0].__wrapped__.__code__)
begin_stacks_at(_methods[1].__code__)


# -- a block in which no query is executed ----------------------------------------------------
#
# We call code of the application in it. Cursors are refused, not statements: those would be logged
# as if they had been executed.

_MISSING: Any = object()


class QueryRefusedError(Exception):
    """A statement was to be executed in a block that forbids it."""


@contextmanager
def queries_refused() -> Iterator[None]:
    """Raise ``QueryRefusedError`` for each statement of this thread."""
    before = [
        (attributes, name, attributes.get(name, _MISSING))
        for attributes in map(vars, connections.all())
        for name in ("cursor", "chunked_cursor")
    ]
    for attributes, name, _ in before:
        attributes[name] = _refuse
    try:
        yield
    finally:
        # The earlier values come back: tests forbid a database in the same way.
        for attributes, name, value in before:
            if value is not _MISSING:
                attributes[name] = value
            elif attributes.get(name) is _refuse:
                del attributes[name]


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise QueryRefusedError("no query is executed to find out who may see traces")
