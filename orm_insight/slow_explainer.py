"""Explains slow statements after the response was sent, in one thread of its own.

A request pays for a comparison of durations and for an entry in a short list. The thread begins
when there is something to explain and ends when there is no more, so that a process that has
forked has none until it needs one.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from django.core.signals import request_finished
from django.db import connections

from orm_insight.capture import faults
from orm_insight.capture.tracing import paused
from orm_insight.model.trace import Trace
from orm_insight.slow_queries import SlowQueries, SlowQuery, has_slow

MAX_TRACES = 50


class SlowExplainer:
    """Takes finished traces, and calls ``explain`` with their slow queries, one by one."""

    def __init__(
        self, explain: Callable[[SlowQuery], None], *, threshold_ms: float, per_minute: int
    ) -> None:
        self.pid = os.getpid()
        self._explain = explain
        self._threshold_ms = threshold_ms
        self._chosen = SlowQueries(threshold_ms=threshold_ms, per_minute=per_minute)
        self._dropped = 0
        self._is_stopped = False
        # Traces whose response is on its way, and those that nothing keeps from being read.
        self._responding: dict[str, Trace] = {}
        self._ready: deque[Trace] = deque()
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        # Bound methods are held weakly: the receiver goes with this object.
        request_finished.connect(self._after_response)

    @property
    def dropped(self) -> int:
        """How much was slow and not explained, because there was too much of it."""
        return self._dropped + self._chosen.dropped

    def offer(self, trace: Trace) -> None:
        """Consider a trace: at once, or as soon as the response of its request is sent."""
        if self._is_stopped or not has_slow(trace, self._threshold_ms):
            return
        with self._changed:
            if trace.kind == "request":
                self._responding[trace.id] = trace
                self._dropped += len(self._responding) > MAX_TRACES
                while len(self._responding) > MAX_TRACES:
                    del self._responding[next(iter(self._responding))]
            else:
                self._make_ready([trace])

    def stop(self) -> None:
        """Explain nothing more."""
        request_finished.disconnect(self._after_response)
        with self._changed:
            self._responding.clear()
            self._ready.clear()
            self._is_stopped = True
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Whether everything is explained, after so many seconds at most."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, timeout)

    def _after_response(self, **_: Any) -> None:
        """Any response may be the one: nobody waits for what happens if it was another."""
        try:
            # A process that has forked inherits the receiver, and a lock that nobody may open.
            if self._responding and self.pid == os.getpid():
                with self._changed:
                    traces = list(self._responding.values())
                    self._responding.clear()
                    self._make_ready(traces)
        except Exception as error:
            faults.report("begin to explain slow queries", error)

    def _make_ready(self, traces: list[Trace]) -> None:
        self._ready.extend(traces)
        while len(self._ready) > MAX_TRACES:
            self._ready.popleft()
            self._dropped += 1
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name="orm_insight explains slow queries", daemon=True
            )
            self._thread.start()
        self._changed.notify_all()

    # -- in the thread ------------------------------------------------------------------------

    def _work(self) -> None:
        with paused():
            while (slow := self._next()) is not None:
                try:
                    self._explain(slow)
                except Exception as error:
                    faults.report("explain a slow query", error)
                finally:
                    # Receivers of connection_created may use the alias's connection of this thread.
                    connections.close_all()

    def _next(self) -> SlowQuery | None:
        """The next one, as soon as it may be explained; ``None`` where the work is done."""
        while True:
            self._read_traces()
            with self._changed:
                seconds = self._chosen.seconds_to_wait()
                if self._ready:
                    continue
                if seconds is None or self._is_stopped:
                    self._thread = None
                    self._changed.notify_all()
                    return None
                if seconds <= 0:
                    return self._chosen.take()
                self._changed.wait(seconds)

    def _read_traces(self) -> None:
        """Outside of the lock: the text of a statement may be long."""
        while True:
            with self._changed:
                if not self._ready:
                    return
                trace = self._ready.popleft()
            try:
                self._chosen.add(trace)
            except Exception as error:
                faults.report("look for slow queries", error)
