"""Hands finished traces to a thread that writes them as spans, after the response was sent.

A request pays for an entry in a dictionary. The thread begins when there is something to write and
ends when there is no more. OpenTelemetry is imported when the first trace comes.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from django.utils.module_loading import import_string

from orm_insight.capture import faults
from orm_insight.capture.tracing import paused
from orm_insight.conf import get_config
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Trace

MAX_WAITING = 200
# Until then a request that goes on behind its response is mostly over, and is written once.
DELAY_S = 0.5
_STEP = "export spans to OpenTelemetry"

HintsOf = Callable[[Trace], Sequence[Hint]]


class TooManyTraces(Exception):
    """More came than could be written; the oldest is left out."""


class SpanQueue:
    """The traces of one process that wait, of each id only the newest."""

    def __init__(self, hints_of: HintsOf) -> None:
        self.pid = os.getpid()
        self._write: Callable[[Trace], None] = import_string("orm_insight.otel.spans.SpanWriter")(
            hints_of
        )
        self._waiting: OrderedDict[str, Trace] = OrderedDict()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, trace: Trace) -> None:
        with self._lock:
            self._waiting[trace.id] = trace
            is_full = len(self._waiting) > MAX_WAITING
            if is_full:
                self._waiting.popitem(last=False)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="orm_insight writes spans", daemon=True
                )
                self._thread.start()
        if is_full:
            faults.report(_STEP, TooManyTraces("more traces than can be written"))

    def flush(self) -> None:
        """Write what waits, in this thread."""
        with self._writing, paused():
            while (trace := self._next()) is not None:
                try:
                    self._write(trace)
                except Exception as error:
                    faults.report(_STEP, error)

    def _next(self) -> Trace | None:
        with self._lock:
            return self._waiting.popitem(last=False)[1] if self._waiting else None

    def _work(self) -> None:
        while True:
            threading.Event().wait(DELAY_S)
            self.flush()
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return


class _State:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.queue: SpanQueue | None = None


_state = _State()


def offer(trace: Trace, hints_of: HintsOf) -> None:
    """Write a trace as spans later, if the settings want that."""
    if not get_config().otel:
        return
    try:
        with _state.lock:
            if _state.queue is None or _state.queue.pid != os.getpid():
                _state.queue = SpanQueue(hints_of)
            queue = _state.queue
        queue.put(trace)
    except Exception as error:
        faults.report(_STEP, error)


def flush() -> None:
    queue = _state.queue
    if queue is not None and queue.pid == os.getpid():
        queue.flush()


def reset() -> None:
    """Forget what waits, and what was written."""
    with _state.lock:
        _state.queue = None


atexit.register(flush)
