"""The thread for work that no request waits for: a bounded queue, a wake-up and a flush.

The thread starts with the first offer and is a daemon. A forked child starts its own, with an empty
queue: the parent still has the thread, and does what waits there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from contextvars import Context
from time import monotonic
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from orm_insight import faults

Item = TypeVar("Item")


class Worker(Generic[Item]):
    """Does ``work`` with each item that was offered, the oldest first, in one thread.

    ``step`` names the work where it fails. The queue holds ``limit`` items. The thread lets them
    gather for ``delay_s``. With ``interval_s`` it also works, on ``None``, whenever nothing was
    offered for that long.
    """

    def __init__(
        self,
        step: str,
        work: Callable[[Item], object],
        *,
        limit: int = 1_000,
        delay_s: float = 0.0,
        interval_s: float | None = None,
    ) -> None:
        self.step = step
        self.limit = limit
        self.delay_s = delay_s
        self.interval_s = interval_s
        self.is_stopped = False
        self._work = work
        self.begin_anew()
        _workers.add(self)

    def begin_anew(self) -> None:
        """Drop thread, queue and locks, as a forked child has to: nobody would release them."""
        self._changed = threading.Condition()
        self._waiting: dict[Hashable, Item] = {}
        self._thread: threading.Thread | None = None
        self._is_working = False
        self._flushing = 0
        self.dropped = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._waiting

    def offer(self, item: Item, *, key: Hashable = None) -> tuple[Item, ...]:
        """Have it done soon; return the oldest items, dropped where too many wait.

        A later item takes the place of one with the same key that still waits.
        """
        with self._changed:
            if self.is_stopped:
                return ()
            self._waiting[object() if key is None else key] = item
            displaced = []
            while self._is_full():
                displaced.append(self._pop_oldest())
            self.dropped += len(displaced)
            self._has_thread()
            self._changed.notify_all()
        return tuple(displaced)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything that was offered is done; ``False`` where that takes longer.

        The thread is woken: it lets nothing gather meanwhile.
        """
        with self._changed:
            self._flushing += 1
            try:
                if not self._waiting or self._has_thread():
                    self._changed.notify_all()
                    return self._changed.wait_for(
                        lambda: not self._waiting and not self._is_working, timeout
                    )
            finally:
                self._flushing -= 1
        until = monotonic() + (threading.TIMEOUT_MAX if timeout is None else timeout)
        while self._waiting and monotonic() < until:
            Context().run(self.work_off)
        return not self._waiting

    def forget(self) -> None:
        """Empty the queue; an item at work is finished."""
        with self._changed:
            self._waiting.clear()
            self.dropped = 0
            self._changed.notify_all()

    def stop(self) -> None:
        """Forget what waits, take nothing more, and let the thread end by itself."""
        with self._changed:
            self.is_stopped = True
            self.forget()

    def work_off(self) -> None:
        """Do what waits at this moment, item by item; a failure ends neither thread nor round."""
        for _ in range(len(self._waiting)):
            with self._changed:
                if not self._waiting:
                    return
                item = self._pop_oldest()
            try:
                self._work(item)
            except Exception as error:
                faults.report(self.step, error)

    def _pop_oldest(self) -> Item:
        return self._waiting.pop(next(iter(self._waiting)))

    def _is_full(self) -> bool:
        return len(self._waiting) > self.limit

    def _has_thread(self) -> bool:
        """Start the thread where there is none; ``False`` where the interpreter starts no more."""
        if self._thread is None or not self._thread.is_alive():
            # An empty context: nobody's recording goes on in our own work.
            name = f"orm_insight: {self.step}"
            thread = threading.Thread(target=Context().run, args=(self._run,), name=name)
            thread.daemon = True
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        return True

    # -- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while self._await_work():
            try:
                self.work_off()
            finally:
                with self._changed:
                    self._is_working = False
                    self._changed.notify_all()

    def _await_work(self) -> bool:
        """Sleep until something is to be done, and until it has gathered; ``False`` at the end."""
        with self._changed:
            due: Any = None
            if not self._changed.wait_for(
                lambda: self._waiting or self.is_stopped, self.interval_s
            ):
                self._waiting[due] = due
            self._changed.wait_for(lambda: self._flushing or self.is_stopped, self.delay_s)
            self._is_working = not self.is_stopped
            return self._is_working


_workers: WeakSet[Worker[Any]] = WeakSet()


def _begin_anew() -> None:
    for worker in list(_workers):
        worker.begin_anew()


os.register_at_fork(after_in_child=_begin_anew)
