"""Writes traces where a request must not wait for it: a bounded queue, and a thread behind it.

What does not fit is dropped, the oldest first, and counted. While the store fails, the thread
tries again and again, at growing intervals.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from orm_insight.model.trace import Trace
from orm_insight.stores.memory import size_of

Write = Callable[[Sequence[Trace]], None]
"""Writes a batch whole or raises."""

MAX_WAITING = 1_000
MAX_WAITING_BYTES = 32 * 2**20
BATCH = 50
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
EXIT_S = 1.0


class BackgroundWriter:
    """The queue and the thread of one process; after a fork the child makes its own."""

    def __init__(self, write: Write, *, failure: Callable[[BaseException], str]) -> None:
        self._write = write
        self._failure = failure
        self._begin_anew()
        atexit.register(_flush_at_exit, weakref.ref(self))

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Trace, int]] = deque()
        self._bytes = 0
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self.dropped = 0
        self.failing: str | None = None
        self.failing_since: datetime | None = None

    def put(self, trace: Trace) -> None:
        """Returns at once."""
        if self._pid != os.getpid():
            self._begin_anew()
        size = size_of(trace)
        with self._changed:
            self._waiting.append((trace, size))
            self._bytes += size
            while len(self._waiting) > MAX_WAITING or self._bytes > MAX_WAITING_BYTES:
                self._bytes -= self._waiting.popleft()[1]
                self.dropped += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._work, name="orm_insight store", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def waiting(self) -> tuple[Trace, ...]:
        """Those not yet written, the newest first, of an id only the newest."""
        if self._pid != os.getpid():
            return ()
        with self._changed:
            newest: dict[str, Trace] = {}
            for trace, _ in reversed(self._waiting):
                newest.setdefault(trace.id, trace)
            return tuple(newest.values())

    def forget(self) -> None:
        with self._changed:
            self._waiting.clear()
            self._bytes = 0
            self.dropped = 0

    def stop(self) -> None:
        """Write no more; the thread ends by itself."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until everything is written; ``False`` where that takes too long."""
        if self._pid != os.getpid():
            return True
        until = monotonic() + timeout
        with self._changed:
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting, until - monotonic())

    # -- the thread ---------------------------------------------------------------------------

    def _work(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_stopped)
                if self._is_stopped:
                    return
                batch = tuple(self._waiting)[:BATCH]
            try:
                self._write([trace for trace, _ in batch])
            except Exception as error:
                self._fails(error)
                with self._changed:
                    self._changed.wait_for(lambda: self._is_stopped, pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
                continue
            pause = FIRST_PAUSE_S
            self.failing = self.failing_since = None
            self._done(batch)

    def _fails(self, error: BaseException) -> None:
        self.failing_since = self.failing_since or datetime.now(UTC)
        self.failing = self._failure(error)

    def _done(self, batch: Sequence[Any]) -> None:
        """Traces that were dropped while they were written are at the front no longer."""
        written = set(map(id, batch))
        with self._changed:
            while self._waiting and id(self._waiting[0]) in written:
                self._bytes -= self._waiting.popleft()[1]
            self._changed.notify_all()


def _flush_at_exit(reference: weakref.ref[BackgroundWriter]) -> None:
    writer = reference()
    if writer is not None:
        writer.flush(EXIT_S)
