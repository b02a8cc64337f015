"""Traces in Redis or Valkey: all workers and machines write, any dashboard reads.

Only the background thread writes traces. Questions of a dashboard have short timeouts and fail
softly: then there is less to see, and ``problem`` says why.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

from orm_insight.model.summary import summary_of
from orm_insight.model.trace import Trace
from orm_insight.stores.background import BackgroundWriter
from orm_insight.stores.base import KeptFor, Listed, PinOutcome, StoreStatistics, count_beside
from orm_insight.stores.codec import UnreadableTraceError, decode
from orm_insight.stores.redis_connection import FAILURES, TIMEOUT_S, RedisConnection
from orm_insight.stores.redis_ring import RedisRing, RingEntries, texts
from orm_insight.stores.retention import Limits, Sized

Answer = TypeVar("Answer")

_CACHED = 64


class RedisStore:
    """A ring that several processes share."""

    is_shared = True
    trim_full_every_s = 0.25
    """A full ring may exceed its limits for this long; nobody is shown the excess."""

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "orm_insight",
        options: Mapping[str, Any] | None = None,
        **limits: Any,
    ) -> None:
        self.limits = Limits(**limits)
        self._tag = f"{{{prefix}}}:"
        self._connection = RedisConnection(url, options)
        self._ring = RedisRing(
            self._connection, self._tag, self.limits, trim_full_every_s=self.trim_full_every_s
        )
        self._writer = BackgroundWriter(self._write, failure=self._connection.describe)
        # Each with the bytes that it was read from: the same bytes are the same object.
        self._cache: OrderedDict[str, tuple[bytes, Trace]] = OrderedDict()
        self._lock = Lock()
        self._unreadable: set[str] = set()
        self._read_problem: str | None = None

    # -- the protocol -------------------------------------------------------------------------

    @property
    def is_answering(self) -> bool:
        return self._read_problem is None

    @property
    def most_traces(self) -> int:
        return self.limits.most_traces

    def save(self, trace: Trace) -> None:
        """Put it into the queue, without waiting for the network."""
        with self._lock:
            self._cache.pop(trace.id, None)
        self._writer.put(trace)

    def get(self, id: str) -> Trace | None:
        waiting = next((trace for trace in self._writer.waiting() if trace.id == id), None)
        if waiting is not None:
            return waiting
        answer = self._ask(lambda: self._ring.read([id]))
        with self._lock:
            known, trace = self._cache.get(id, (None, None))
        if answer is None:
            return trace
        data = answer.get(id)
        if data is None:
            return None
        return trace if data == known else self._remembered(id, data)

    def get_many(self, ids: Sequence[str]) -> Iterator[Trace]:
        """Remember none of them: callers go through many traces once."""
        waiting = {trace.id: trace for trace in self._writer.waiting()}
        there = self._ask(lambda: self._ring.read([id for id in ids if id not in waiting])) or {}
        for id in ids:
            data = there.get(id)
            trace = waiting.get(id) if data is None else self._decoded(id, data)
            if trace is not None:
                yield trace

    def listed(self, limit: int | None = None) -> tuple[Listed, ...]:
        entries, kept_for = self._held(self._ask(self._entries) or RingEntries())
        found = [Listed(each.summary, kept_for[each.summary.id]) for each in entries]
        return tuple(found if limit is None else found[: max(limit, 0)])

    def pin(self, id: str, *, is_pinned: bool) -> PinOutcome:
        self._writer.flush(TIMEOUT_S)
        outcome = self._ask(lambda: self._ring.pin(id, is_pinned=is_pinned))
        return PinOutcome.UNREACHABLE if outcome is None else outcome

    def clear(self) -> bool:
        # Asked first, because forgetting cannot be undone.
        if self._ask(self._ring.is_there) is None:
            return False
        self._writer.forget()
        with self._lock:
            self._cache.clear()
            self._unreadable.clear()
        return self._ask(self._ring.clear) is not None

    def read_board(self) -> bytes | None:
        return self._ask(self._ring.read_board)

    def write_board(self, data: bytes) -> bool:
        return bool(self._ask(lambda: self._ring.write_board(data)))

    @property
    def statistics(self) -> StoreStatistics:
        there, counts = self._ask(lambda: (self._entries(), self._ring.counts())) or (
            RingEntries(),
            {},
        )
        entries, kept_for = self._held(there)
        past = sum(entry.summary.id not in kept_for for entry in there.readable)
        return StoreStatistics(
            traces=len(entries),
            beside=count_beside(kept_for.values()),
            bytes=sum(entry.bytes for entry in entries),
            evicted=counts.get(b"evicted", 0) + past,
            rejected=counts.get(b"rejected", 0),
            dropped=self._writer.dropped,
            unreadable=len(self._unreadable),
        )

    @property
    def problem(self) -> str | None:
        """The present problem with Redis and its consequences, never with the password."""
        what = self._writer.failing or self._read_problem
        if what is None:
            return None
        waiting, dropped = len(self._writer.waiting()), self._writer.dropped
        since = self._writer.failing_since
        when = f" since {since:%H:%M:%S} UTC" if since is not None else ""
        return f"{what}{when}. {waiting:,} traces of this process wait, {dropped:,} were dropped."

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until all traces that this process has saved are in Redis."""
        return self._writer.flush(timeout)

    def close(self) -> None:
        self._writer.stop()
        self._connection.close()

    # -- asking -------------------------------------------------------------------------------

    def _write(self, traces: Sequence[Trace]) -> None:
        """Write a batch, in the background thread."""
        self._connection.ask(lambda: self._ring.write(traces))
        self._read_problem = None

    def _held(self, there: RingEntries) -> tuple[list[Sized], dict[str, frozenset[KeptFor]]]:
        """The traces that wait here and are kept there, newest first, and the reasons for each."""
        here = [Sized(summary_of(trace), 0) for trace in self._writer.waiting()]
        ids = {entry.summary.id for entry in here}
        entries = [*here, *(entry for entry in there.readable if entry.summary.id not in ids)]
        kept_for = self._ring.retained(entries, there.pinned)
        return [entry for entry in entries if entry.summary.id in kept_for], kept_for

    def _entries(self) -> RingEntries:
        entries = self._ring.entries()
        self._unreadable.update(texts((*entries.foreign, *entries.damaged)))
        return entries

    def _decoded(self, id: str, data: bytes) -> Trace | None:
        try:
            return decode(data)
        except UnreadableTraceError:
            self._unreadable.add(id)
            return None

    def _remembered(self, id: str, data: bytes) -> Trace | None:
        trace = self._decoded(id, data)
        if trace is not None:
            with self._lock:
                self._cache[id] = data, trace
                while len(self._cache) > _CACHED:
                    self._cache.popitem(last=False)
        return trace

    def _ask(self, question: Callable[[], Answer]) -> Answer | None:
        """The answer, or ``None`` where Redis gives none; then there is a ``problem``."""
        try:
            answer = self._connection.ask(question)
        except FAILURES as error:
            self._read_problem = self._connection.describe(error)
            return None
        self._read_problem = None
        return answer
