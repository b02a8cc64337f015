"""What a ring holds as a file, and back: what one process leaves for the next.

Raises what goes wrong; nothing here decides when to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from orm_insight.model.trace import Trace
from orm_insight.stores import private_files
from orm_insight.stores.base import Held
from orm_insight.stores.encoding import encode
from orm_insight.stores.encoding.rings import (
    MAGIC,
    EncodedRing,
    decode_ring,
    encode_ring,
    readable,
)


class RingEncoder:
    """Encodes what a ring holds, each trace once, however often it is asked for."""

    def __init__(self) -> None:
        # A trace is replaced by one with the same id, never changed.
        self._known: dict[str, tuple[Trace, bytes]] = {}

    def encode(self, held: Held, *, within_s: float | None = None) -> EncodedRing:
        """The pinned first, then the newest: the rest is left out where the time is up."""
        until = None if within_s is None else monotonic() + within_s
        traces = list(held.traces)
        known: dict[str, tuple[Trace, bytes]] = {}
        for trace in sorted(traces, key=lambda trace: trace.id not in held.pinned):
            if until is not None and known and monotonic() > until:
                break
            before, data = self._known.get(trace.id, (None, b""))
            known[trace.id] = trace, (data if before is trace else encode(trace))
        self._known = known
        kept = [known[trace.id][1] for trace in traces if trace.id in known]
        return EncodedRing(pinned=held.pinned, traces=kept)


def write_ring(path: Path, ring: EncodedRing) -> None:
    private_files.write(path, encode_ring(ring), magic=MAGIC)


def check_ring_file(path: Path) -> None:
    """Raises where ``write_ring`` would not replace what is there."""
    private_files.check_replaceable(path, magic=MAGIC)


def read_ring(
    path: Path,
    *,
    most_bytes: int,
    refuse: Callable[[Exception], None],
    is_checked: bool = True,
) -> Held | None:
    """What was left there, if anything was.

    The traces are made while they are gone through; of those that cannot be read, the first error
    is told to ``refuse``.
    """
    data = private_files.read(path, most_bytes=most_bytes)
    if not data:
        return None
    ring = decode_ring(data)
    refused: list[Exception] = []

    def traces() -> Iterator[Trace]:
        yield from readable(ring, refused.append, is_checked=is_checked)
        for error in refused[:1]:
            refuse(error)

    return Held(traces(), frozenset(ring.pinned))
