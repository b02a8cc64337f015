"""What a process still has to write when it ends, in the order in which it is handed on."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import util

from orm_insight import follow_ups, reloads, sieve
from orm_insight.capture import faults
from orm_insight.keeping import store
from orm_insight.otel import queue as span_queue
from orm_insight.stores.background import EXIT_S


def flush() -> None:
    """Write what still waits; for processes that end without Python's own end, too."""
    try:
        follow_ups.flush()
        sieve.flush()
        span_queue.flush()
        write: Callable[[float], object] | None = getattr(store(), "flush", None)
        if write is not None:
            write(EXIT_S)
        reloads.hand_on()
    except Exception as error:
        faults.report("write the last traces", error)


def install() -> None:
    """At Python's own end, and where ``multiprocessing`` ends a process: it passes over that.

    A forked process has an end of its own; ``multiprocessing`` forgets in its own what was
    registered before.
    """
    util.register_after_fork(flush, _flush_behind)
    os.register_at_fork(after_in_child=_flush_behind)
    _flush_behind()


def _flush_behind(_: object = None) -> None:
    util.Finalize(None, flush, exitpriority=0)
