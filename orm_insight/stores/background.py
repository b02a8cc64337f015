"""Writes traces where a request must not wait for it, from a bounded queue and in a thread.

Traces that do not fit are dropped, the oldest first, and counted. While the store fails, the thread
tries again and again, at growing intervals.
"""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice

from orm_insight.model.trace import Trace
from orm_insight.stores.memory import size_of
from orm_insight.workers import Worker

Write = Callable[[Sequence[Trace]], None]
"""Writes a whole batch, or raises."""

MAX_WAITING = 1_000
MAX_WAITING_BYTES = 32 * 2**20
BATCH = 50
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
EXIT_S = 1.0


class BackgroundWriter(Worker[tuple[Trace, int]]):
    """A worker in which each trace waits until it is written: it can be read meanwhile."""

    def __init__(self, write: Write, *, failure: Callable[[BaseException], str]) -> None:
        self._write = write
        self._failure = failure
        super().__init__("write traces", lambda _: None, limit=MAX_WAITING)
        atexit.register(_flush_at_exit, weakref.ref(self))

    def begin_anew(self) -> None:
        super().begin_anew()
        self.failing: str | None = None
        self.failing_since: datetime | None = None
        self._pause = FIRST_PAUSE_S

    def put(self, trace: Trace) -> None:
        self.offer((trace, size_of(trace)))

    def waiting(self) -> tuple[Trace, ...]:
        """The traces not yet written, newest first, each id once."""
        with self._changed:
            newest: dict[str, Trace] = {}
            for trace, _ in reversed(self._waiting.values()):
                newest.setdefault(trace.id, trace)
            return tuple(newest.values())

    def work_off(self) -> None:
        """Write a batch; traces that were dropped meanwhile wait no longer."""
        with self._changed:
            batch = dict(islice(self._waiting.items(), BATCH))
        if not batch:
            return
        try:
            self._write([trace for trace, _ in batch.values()])
        except Exception as error:
            self._fails(error)
            return
        self._pause = FIRST_PAUSE_S
        self.failing = self.failing_since = None
        with self._changed:
            for key in batch:
                self._waiting.pop(key, None)

    def _fails(self, error: BaseException) -> None:
        self.failing_since = self.failing_since or datetime.now(UTC)
        self.failing = self._failure(error)
        with self._changed:
            self._changed.wait_for(lambda: self.is_stopped, self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_S)

    def _is_full(self) -> bool:
        waiting = self._waiting.values()
        return super()._is_full() or sum(size for _, size in waiting) > MAX_WAITING_BYTES


def _flush_at_exit(reference: weakref.ref[BackgroundWriter]) -> None:
    writer = reference()
    if writer is not None:
        writer.flush(EXIT_S)
