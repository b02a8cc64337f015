"""With ``ONLY_WITH_HINTS``: a thread looks at finished traces, and keeps those with a hint.

A request pays for an entry in a dictionary. Where more wait than a thread can look at, the rest is
kept unseen: too much is better than to lose what was looked for. So is what cannot be analysed.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import OrderedDict
from collections.abc import Callable

from orm_insight.capture import faults
from orm_insight.capture.tracing import paused
from orm_insight.model.trace import Trace

MAX_WAITING = 200
# Until then a request that goes on behind its response is mostly over, and is looked at once.
DELAY_S = 0.3

HasHints = Callable[[Trace], bool]
Keep = Callable[[Trace], None]


class Sieve:
    """The traces of one process that wait, of each id only the newest."""

    def __init__(self, has_hints: HasHints, keep: Keep) -> None:
        self.pid = os.getpid()
        self._has_hints = has_hints
        self._keep = keep
        self._waiting: OrderedDict[str, Trace] = OrderedDict()
        self._lock = threading.Lock()
        self._working = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, trace: Trace) -> bool:
        """Look at it later; ``False`` where too many wait already."""
        with self._lock:
            if trace.id not in self._waiting and len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting[trace.id] = trace
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="orm_insight looks for hints", daemon=True
                )
                self._thread.start()
            return True

    def flush(self) -> None:
        """Look at what waits, in this thread."""
        with self._working, paused():
            while (trace := self._next()) is not None:
                if self._is_wanted(trace):
                    self._keep(trace)

    def _is_wanted(self, trace: Trace) -> bool:
        try:
            return self._has_hints(trace)
        except Exception as error:
            faults.report("look for hints", error)
            return True

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
        self.sieve: Sieve | None = None


_state = _State()


def offer(trace: Trace, has_hints: HasHints, keep: Keep) -> None:
    """Keep the trace later if it has a hint, at once if nobody can look at it."""
    with _state.lock:
        if _state.sieve is None or _state.sieve.pid != os.getpid():
            _state.sieve = Sieve(has_hints, keep)
        sieve = _state.sieve
    if not sieve.put(trace):
        keep(trace)


def flush() -> None:
    sieve = _state.sieve
    if sieve is not None and sieve.pid == os.getpid():
        sieve.flush()


def reset() -> None:
    """Forget what waits."""
    with _state.lock:
        _state.sieve = None


atexit.register(flush)
