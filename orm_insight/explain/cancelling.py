"""Ends explanations that nobody waits for any more, from another thread than the one that asks.

Whoever may want to cancel opens a block with ``cancellable()``; the runner tells the block how to
reach the database. Two ways lead to an end: ``cancel()`` of the block, and of its key, from
elsewhere in this process.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

from orm_insight.explain.base import ExplainError

# A request to cancel that arrives between two statements is lost, so it is repeated.
REPEAT_S = 0.1
GIVE_UP_S = 10.0
CANCELLED = "Cancelled: the statement was ended before the database had an answer."

logger = logging.getLogger("orm_insight.explain")


class Cancelled(ExplainError):
    """Somebody has asked to end it."""


class Cancellation:
    """Ends what runs in its block; may be asked from any thread, also before anything runs."""

    def __init__(self) -> None:
        self.is_asked = False
        self._stop: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._has_ended = threading.Event()

    def cancel(self) -> None:
        """Return when nothing runs any more, or after some seconds in which that did not help."""
        self.is_asked = True
        deadline = monotonic() + GIVE_UP_S
        while self._ask_to_stop() and monotonic() < deadline:
            self._has_ended.wait(REPEAT_S)

    @contextmanager
    def reaching(self, stop: Callable[[], None]) -> Iterator[None]:
        """``stop`` ends what the block does. A block that was to be ended raises ``Cancelled``."""
        with self._lock:
            self._stop = stop
            self._has_ended.clear()
        try:
            self._check()
            yield
        except Exception as error:
            self._check(error)
            raise
        finally:
            with self._lock:
                self._stop = None
            self._has_ended.set()
        self._check()

    def _check(self, cause: Exception | None = None) -> None:
        if self.is_asked:
            raise Cancelled(CANCELLED) from cause

    def _ask_to_stop(self) -> bool:
        # The lock keeps the connection open meanwhile.
        with self._lock:
            if self._stop is None:
                return False
            try:
                self._stop()
            except Exception as error:
                logger.warning("A statement could not be cancelled: %s", error)
            return True


_current: ContextVar[Cancellation | None] = ContextVar("orm_insight_cancellation", default=None)
_running: dict[Hashable, list[Cancellation]] = {}
_running_lock = threading.Lock()


@contextmanager
def cancellable(key: Hashable) -> Iterator[Cancellation]:
    """What is explained in this block can be cancelled, by the block's own object or by ``key``."""
    cancellation = Cancellation()
    with _running_lock:
        _running.setdefault(key, []).append(cancellation)
    token = _current.set(cancellation)
    try:
        yield cancellation
    finally:
        _current.reset(token)
        with _running_lock:
            _running[key].remove(cancellation)
            if not _running[key]:
                del _running[key]


def cancel(key: Hashable) -> bool:
    """End all that is being explained under ``key`` in this process; was there anything?"""
    with _running_lock:
        found = list(_running.get(key, ()))
    for cancellation in found:
        cancellation.cancel()
    return bool(found)


def current() -> Cancellation:
    """The one of the block around, or one that nobody will ask."""
    return _current.get() or Cancellation()
