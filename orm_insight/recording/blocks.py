"""``orm_insight.capture()``: records a block of code, a function, a command or a test."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial, wraps
from types import CodeType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from orm_insight.capture.active import active
from orm_insight.capture.streaming import Activation, Around, async_steps_within, steps_within
from orm_insight.imports import late
from orm_insight.model.trace import Query, Trace, TraceKind
from orm_insight.recording import session
from orm_insight.recording.live import Recording
from orm_insight.recording.setup import ensure_installed

if TYPE_CHECKING:
    from orm_insight.pipeline import reports
    from orm_insight.reports.report import Report
else:
    reports = late("orm_insight.pipeline.reports")


Function = TypeVar("Function", bound=Callable[..., Any])


class capture:  # reads as a function, as contextlib.suppress does
    """Records the queries of a block, and keeps the trace for the dashboard.

    Works as ``with``, ``async with`` and as a decorator of functions and generators, sync and
    async; blocks may be nested, and an outer block has the queries of the inner ones as well.
    ``name`` is what the dashboard lists. ``deep=True`` also watches which rows, columns and
    relations are used, which takes far longer, and lets hints name what is unused. After the
    block, the object has the fields of a ``Trace``, and ``report()``::

        with orm_insight.capture("nightly import") as trace:
            run_import()
        print(trace.report().hints)
    """

    def __new__(cls, name: Any = "capture", **options: Any) -> Any:
        """``@capture`` without parentheses is given the function."""
        return cls(**options)(name) if callable(name) else super().__new__(cls)

    def __init__(
        self, name: str = "capture", *, kind: TraceKind = "capture", deep: bool = False
    ) -> None:
        self._name = name
        self._deep = deep
        self._kind: TraceKind = kind
        self._recording: Recording | None = None
        self._trace: Trace | None = None

    # -- recording ----------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._begin(sys._getframe(1).f_code)
        return self

    def _begin(self, opened_in: CodeType) -> Recording | None:
        if self._recording is not None:
            raise RuntimeError("This capture() was already used; create a new one for each block.")
        ensure_installed()
        self._recording = session.start(
            self._kind, self._name, deep=self._deep, opened_in=opened_in
        )
        return self._recording

    def __exit__(self, _: Any, error: BaseException | None, traceback: Any) -> None:
        if self._recording is not None:
            # A generator that is closed early has done what was asked of it.
            is_closed = isinstance(error, GeneratorExit)
            self._trace = session.finish(self._recording, error=None if is_closed else error)

    async def __aenter__(self) -> Self:
        self._begin(sys._getframe(1).f_code)
        return self

    async def __aexit__(self, *raised: Any) -> None:
        self.__exit__(*raised)

    def __call__(self, function: Function) -> Function:
        """Record each call of ``function``, under its own name if none was given."""
        name = self._name if self._name != "capture" else function.__qualname__
        block = partial(type(self), name, kind=self._kind, deep=self._deep)
        if inspect.iscoroutinefunction(function):

            async def recorded_async(*args: Any, **kwargs: Any) -> Any:
                async with block():
                    return await function(*args, **kwargs)

            return wraps(function)(recorded_async)  # type: ignore[return-value]
        if inspect.isgeneratorfunction(function):

            def recorded_steps(*args: Any, **kwargs: Any) -> Any:
                steps = function(*args, **kwargs)
                return (yield from steps_within(block()._around_steps(), steps))

            return wraps(function)(recorded_steps)  # type: ignore[return-value]
        if inspect.isasyncgenfunction(function):

            def recorded_async_steps(*args: Any, **kwargs: Any) -> Any:
                return async_steps_within(block()._around_steps(), function(*args, **kwargs))

            return wraps(function)(recorded_async_steps)  # type: ignore[return-value]

        def recorded(*args: Any, **kwargs: Any) -> Any:
            with block():
                return function(*args, **kwargs)

        return wraps(function)(recorded)  # type: ignore[return-value]

    @contextmanager
    def _around_steps(self) -> Iterator[Around]:
        """The block of a generator, active only inside of the steps that it gives."""
        before = active.get()
        recording = self._begin(sys._getframe(1).f_code)
        try:
            active.set(before)
            yield nullcontext() if recording is None else Activation(recording.recorder)
        finally:
            self.__exit__(*sys.exc_info())

    # -- what was recorded --------------------------------------------------------------------

    def finished(self) -> Trace:
        """The trace of the whole block at its end, or inside the block of what was done so far."""
        if self._recording is None:
            raise RuntimeError("Nothing is recorded before the block is entered.")
        if self._trace is not None:
            return self._trace
        trace = self._recording.trace()
        if self._recording.duration is not None:
            self._trace = trace
        return trace

    def __repr__(self) -> str:
        return f"<capture {self._name!r}>"

    def report(self) -> Report:
        """The report of the block, computed once after its end."""
        return reports.report_of(self.finished())

    @property
    def id(self) -> str:
        return self.finished().id

    @property
    def kind(self) -> TraceKind:
        return self._kind

    @property
    def name(self) -> str:
        return self._name

    @property
    def started_at(self) -> datetime:
        return self.finished().started_at

    @property
    def duration_ms(self) -> float:
        return self.finished().duration_ms

    @property
    def status(self) -> int | None:
        return self.finished().status

    @property
    def queries(self) -> Sequence[Query]:
        return self.finished().queries

    @property
    def dropped(self) -> int:
        return self.finished().dropped
