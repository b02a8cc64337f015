"""The keys of a ring in Redis: how they are written, read and trimmed.

All keys share a hash tag, so that a cluster holds them in one slot: ``index`` (a sorted set of ids
by sequence), ``summaries`` (a hash), ``pinned`` (a set), ``counts`` (a hash), ``sequence``,
``board`` with the changes made at run time, and ``trace:<id>`` with an expiry. A batch is written
in one transaction: half of it is never there. The writer also removes the traces that have to make
room; two that do so at once do no harm.

Everything here talks to the server, and raises where that fails.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any, NamedTuple

from orm_insight.model.summary import summary_of
from orm_insight.model.trace import Trace
from orm_insight.stores.base import KeptFor, PinOutcome
from orm_insight.stores.codec import (
    ForeignTraceError,
    UnreadableTraceError,
    decode_summary,
    encode,
    encode_summary,
)
from orm_insight.stores.redis_connection import RedisConnection
from orm_insight.stores.retention import Limits, Sized, outcome_of_pin, retained

TRIM_EVERY_S = 5.0
_KINDS = {"index": b"zset", "summaries": b"hash", "pinned": b"set", "counts": b"hash"}


class RingEntries(NamedTuple):
    """The entries of the index, newest first.

    Another version of this package has written the ``foreign`` ones; nobody can read the
    ``damaged`` ones.
    """

    readable: Sequence[Sized] = ()
    pinned: Collection[str] = frozenset()
    foreign: Sequence[bytes] = ()
    damaged: Sequence[bytes] = ()


class RedisRing:
    """The ring of one prefix, which several processes share."""

    def __init__(
        self, connection: RedisConnection, tag: str, limits: Limits, *, trim_full_every_s: float
    ) -> None:
        self._connection = connection
        self._tag = tag
        self._limits = limits
        self._trim_full_every_s = trim_full_every_s
        self._trimmed_at = 0.0
        # Each with the bytes that it was read from: most are the same the next time.
        self._known: Mapping[bytes, tuple[bytes, Sized]] = {}

    # -- writing ------------------------------------------------------------------------------

    def write(self, traces: Sequence[Trace]) -> None:
        self._connection.read_clock(self._key("index"))
        newest = {trace.id: trace for trace in traces}
        encoded = {id: encode(trace) for id, trace in newest.items()}
        fitting = {id: data for id, data in encoded.items() if len(data) <= self._limits.max_bytes}
        self._remove([id.encode() for id in encoded if id not in fitting])
        last = self._last_number(len(traces))
        pinned = texts(self._client.smembers(self._key("pinned")))
        with self._client.pipeline(transaction=True) as batch:
            for number, (id, data) in enumerate(fitting.items(), last - len(traces) + 1):
                expiry = None if id in pinned else self._limits.max_age
                batch.set(self._key(f"trace:{id}"), data, ex=expiry)
                summary = b"%d:" % len(data) + self._summary(newest[id])
                batch.hset(self._key("summaries"), id, summary)
                batch.zadd(self._key("index"), {id: number})
            if len(fitting) < len(encoded):
                batch.hincrby(self._key("counts"), "rejected", len(encoded) - len(fitting))
            self._set_expiry(batch, is_pinned=bool(pinned))
            batch.zcard(self._key("index"))
            count = batch.execute()[-1]
        self._make_room(count)

    def _last_number(self, count: int) -> int:
        """The last of ``count`` new numbers, which are above all numbers in the index."""
        last = int(self._client.incrby(self._key("sequence"), count))
        if last > count:
            return last
        # The sequence began anew: it was evicted or deleted, and the index was not.
        newest = self._client.zrevrange(self._key("index"), 0, 0, withscores=True)
        highest = int(newest[0][1]) if newest else 0
        return int(self._client.incrby(self._key("sequence"), highest)) if highest else last

    def _set_expiry(self, batch: Any, *, is_pinned: bool) -> None:
        """Let everything but pinned traces expire once nobody writes any more."""
        for name in ("index", "summaries", "counts", "sequence"):
            if is_pinned:
                batch.persist(self._key(name))
            else:
                batch.expire(self._key(name), 2 * self._limits.max_age)

    def _summary(self, trace: Trace) -> bytes:
        summary = summary_of(trace)
        name = "started_at" if summary.imported_at is None else "imported_at"
        moment: Any = self._connection.corrected(getattr(summary, name))
        return encode_summary(replace(summary, **{name: moment}))

    def _make_room(self, count: int) -> None:
        waited = monotonic() - self._trimmed_at
        is_full = count > self._limits.max_traces and waited >= self._trim_full_every_s
        if not is_full and waited <= TRIM_EVERY_S and count <= 2 * self._limits.max_traces:
            return
        self._trimmed_at = monotonic()
        entries = self.entries()
        kept_for = self.retained(entries.readable, entries.pinned)
        ids = (entry.summary.id for entry in entries.readable)
        if removed := self._remove([id.encode() for id in ids if id not in kept_for]):
            with self._client.pipeline(transaction=True) as batch:
                batch.hincrby(self._key("counts"), "evicted", removed)
                self._set_expiry(batch, is_pinned=bool(entries.pinned))
                batch.execute()
        self._remove([*entries.damaged, *self._past(entries.foreign)])

    def _past(self, foreign: Sequence[bytes]) -> Iterator[bytes]:
        """The entries of other versions that are too old, or too many.

        Other versions know why they keep theirs: only those that nobody trims are removed.
        """
        if not foreign:
            return
        with self._client.pipeline(transaction=False) as asked:
            for id in foreign:
                asked.exists(self._trace_key(id))
            are_there = asked.execute()
        for number, (id, is_there) in enumerate(zip(foreign, are_there, strict=True)):
            if not is_there or number >= self._limits.most_traces:
                yield id

    def _remove(self, ids: Sequence[bytes]) -> int:
        """Remove them, and return how many were still there."""
        if not ids:
            return 0
        with self._client.pipeline(transaction=True) as batch:
            batch.delete(*map(self._trace_key, ids))
            batch.hdel(self._key("summaries"), *ids)
            batch.srem(self._key("pinned"), *ids)
            batch.zrem(self._key("index"), *ids)
            return int(batch.execute()[-1])

    def pin(self, id: str, *, is_pinned: bool) -> PinOutcome:
        if not self._client.exists(self._key(f"trace:{id}")):
            return PinOutcome.GONE
        if not is_pinned:
            self._client.srem(self._key("pinned"), id)
            self._client.expire(self._key(f"trace:{id}"), self._limits.max_age)
            return PinOutcome.DONE
        entries = self.entries()
        outcome = outcome_of_pin(id, entries.readable, self._limits, entries.pinned)
        if outcome is PinOutcome.DONE:
            with self._client.pipeline(transaction=True) as batch:
                batch.sadd(self._key("pinned"), id)
                batch.persist(self._key(f"trace:{id}"))
                self._set_expiry(batch, is_pinned=True)
                batch.execute()
        return outcome

    def clear(self) -> bool:
        self._remove_foreign_keys()
        index = self._client.zrange(self._key("index"), 0, -1)
        pinned = self._client.smembers(self._key("pinned"))
        self._remove([id for id in index if id not in pinned])
        self._client.delete(self._key("counts"))
        return True

    def is_there(self) -> bool:
        """Return true if the server answers, whatever stands in the place of our keys."""
        self._client.exists(self._key("index"))
        return True

    def _remove_foreign_keys(self) -> None:
        """Remove values of another kind in the place of ours, which would fail for ever."""
        with self._client.pipeline(transaction=False) as asked:
            for name in _KINDS:
                asked.type(self._key(name))
            found = asked.execute()
        for (name, kind), is_kind in zip(_KINDS.items(), found, strict=True):
            if is_kind not in (b"none", kind):
                self._client.delete(self._key(name))

    def write_board(self, data: bytes) -> bool:
        """Write it without an expiry: a change holds until the next one."""
        return bool(self._client.set(self._key("board"), data))

    # -- reading ------------------------------------------------------------------------------

    def read_board(self) -> bytes:
        return self._client.get(self._key("board")) or b""

    def read(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The traces that are there, as they were encoded."""
        if not ids:
            return {}
        found = self._client.mget([self._key(f"trace:{id}") for id in ids])
        return {id: data for id, data in zip(ids, found, strict=True) if data is not None}

    def entries(self) -> RingEntries:
        self._connection.read_clock(self._key("index"))
        with self._client.pipeline(transaction=True) as asked:
            asked.zrevrange(self._key("index"), 0, -1)
            asked.hgetall(self._key("summaries"))
            asked.smembers(self._key("pinned"))
            index, summaries, pinned = asked.execute()
        foreign: list[bytes] = []
        damaged: list[bytes] = []
        known: dict[bytes, tuple[bytes, Sized]] = {}
        for id in index:
            data = summaries.get(id, b"")
            before = self._known.get(id)
            try:
                if before is None or before[0] != data:
                    before = data, _sized(data)
                known[id] = before
            except ForeignTraceError:
                foreign.append(id)
            except ValueError:
                damaged.append(id)
        self._known = known
        return RingEntries([sized for _, sized in known.values()], texts(pinned), foreign, damaged)

    def counts(self) -> Mapping[bytes, int]:
        """``evicted`` and ``rejected``, by all processes."""
        found: Mapping[bytes, bytes] = self._client.hgetall(self._key("counts"))
        return {name: int(value) for name, value in found.items() if value.isdigit()}

    def retained(
        self, entries: Sequence[Sized], pinned: Collection[str]
    ) -> dict[str, frozenset[KeptFor]]:
        return retained(entries, self._limits, pinned, self._connection.now())

    @property
    def _client(self) -> Any:
        return self._connection.client

    def _key(self, name: str) -> str:
        return self._tag + name

    def _trace_key(self, id: bytes) -> bytes:
        return self._key("trace:").encode() + id


def _sized(data: bytes) -> Sized:
    size, _, summary = data.partition(b":")
    if not size.isdigit():
        raise UnreadableTraceError("The summary does not begin with a size.")
    return Sized(decode_summary(summary), int(size))


def texts(names: Collection[bytes]) -> frozenset[str]:
    return frozenset(name.decode(errors="replace") for name in names)
