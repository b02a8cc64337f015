"""What is done with finished traces in a thread, while no request waits for it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from orm_insight.capture import faults
from orm_insight.capture.tracing import paused
from orm_insight.model.trace import Trace

Handle: TypeAlias = Callable[[Trace], None]


class WaitingTraces:
    """The traces of this process that wait to be handled, of each id only the newest.

    A request pays for an entry in a dictionary. The thread begins when there is something to do
    and ends when there is no more. ``step`` names what it does, where that fails; ``delay_s`` is
    how long it lets traces gather, ``limit`` how many.
    """

    def __init__(self, step: str, *, limit: int, delay_s: float) -> None:
        self.limit = limit
        self.delay_s = delay_s
        self._step = step
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        """Also after a fork: the parent has the threads, and handles what waited."""
        self._waiting: OrderedDict[str, tuple[Trace, Handle]] = OrderedDict()
        self._lock = threading.Lock()
        self._working = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, trace: Trace, handle: Handle) -> Trace | None:
        """Have it handled later; gives the trace that makes room for it, where too many wait."""
        with self._lock:
            self._waiting[trace.id] = trace, handle
            is_full = len(self._waiting) > self.limit
            displaced = self._waiting.popitem(last=False)[1][0] if is_full else None
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name=f"orm_insight: {self._step}", daemon=True
                )
                self._thread.start()
        return displaced

    def flush(self) -> None:
        """Handle what waits, in this thread."""
        with self._working, paused():
            while (first := self._first()) is not None:
                trace, handle = first
                try:
                    handle(trace)
                except Exception as error:
                    faults.report(self._step, error)

    def forget(self) -> None:
        """What waits, and the thread that waits with it."""
        with self._lock:
            self._waiting.clear()
            self._thread = None

    def _first(self) -> tuple[Trace, Handle] | None:
        with self._lock:
            return self._waiting.popitem(last=False)[1] if self._waiting else None

    def _work(self) -> None:
        thread = threading.current_thread()
        while self._thread is thread:
            threading.Event().wait(self.delay_s)
            if self._thread is thread:
                self.flush()
            with self._lock:
                if self._thread is thread and not self._waiting:
                    self._thread = None
