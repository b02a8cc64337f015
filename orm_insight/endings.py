"""What a process still has to write when it ends, in the order in which it is handed on."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import util

from orm_insight import follow_ups, reloads, sieve
from orm_insight.capture import faults
from orm_insight.keeping import store
from orm_insight.otel import queue as span_queue


def flush() -> None:
    """Write what still waits; for processes that end without Python's own end, too."""
    try:
        follow_ups.flush()
        sieve.flush()
        span_queue.flush()
        write: Callable[[], object] | None = getattr(store(), "flush", None)
        if write is not None:
            write()
        reloads.hand_on()
    except Exception as error:
        faults.report("write the last traces", error)


def install() -> None:
    """At Python's own end, and where ``multiprocessing`` ends a process: it passes over that."""
    util.register_after_fork(flush, _flush_behind)
    _flush_behind(flush)


def _flush_behind(flush: Callable[[], None]) -> None:
    util.Finalize(None, flush, exitpriority=0)
