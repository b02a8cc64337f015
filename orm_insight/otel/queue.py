"""Hands finished traces to a thread that writes them as spans, after the response was sent.

OpenTelemetry is imported when the first trace comes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from django.utils.module_loading import import_string

from orm_insight.capture import faults
from orm_insight.conf import get_config
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Trace
from orm_insight.workers import Worker

HintsOf: TypeAlias = Callable[[Trace], Sequence[Hint]]
Write: TypeAlias = Callable[[Trace], None]

_STEP = "export spans to OpenTelemetry"
# Until then a request that goes on after its response is mostly over, and is written once.
_worker: Worker[Callable[[], None]] = Worker(_STEP, lambda write: write(), limit=200, delay_s=0.5)
flush = _worker.flush


class TooManyTraces(Exception):
    """More came than could be written; the oldest is left out."""


class _State:
    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        self.lock = threading.Lock()
        self.writer: Write | None = None


_state = _State()
os.register_at_fork(after_in_child=_state.begin_anew)


def offer(trace: Trace, hints_of: HintsOf) -> None:
    """Write a trace as spans later, if the settings want that."""
    if not get_config().otel:
        return
    try:
        with _state.lock:
            if _state.writer is None:
                _state.writer = import_string("orm_insight.otel.spans.SpanWriter")(hints_of)
            writer = _state.writer
        if _worker.offer(partial(writer, trace), key=trace.id):
            raise TooManyTraces("more traces than can be written")
    except Exception as error:
        faults.report(_STEP, error)


def reset() -> None:
    """Forget what waits, and what was written."""
    _worker.forget()
    with _state.lock:
        _state.writer = None
