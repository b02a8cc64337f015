"""All traces of a ring as one file: which are pinned, then each as ``encode`` has made it.

A magic word and a version, then parts behind their lengths; the first says how many follow, so
that a file that was cut off is told from a whole one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Trace
from orm_insight.stores.encoding.checking import check_trace
from orm_insight.stores.encoding.traces import decode

MAGIC, VERSION = b"orm_insight traces\n", 1
_HEAD = MAGIC + bytes([VERSION])
_LENGTH_BYTES = 4


class UnreadableRingError(ValueError):
    """Not written by this package, damaged, or by another version; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRing:
    """The newest trace first."""

    pinned: Collection[str]
    traces: Sequence[bytes]


def encode_ring(ring: EncodedRing) -> Iterator[bytes]:
    """In pieces, to be written one after the other."""
    yield _HEAD
    about = {"pinned": sorted(ring.pinned), "traces": len(ring.traces)}
    for part in (json.dumps(about).encode(), *ring.traces):
        yield len(part).to_bytes(_LENGTH_BYTES, "big")
        yield part


def decode_ring(data: bytes) -> EncodedRing:
    """Raises ``UnreadableRingError`` for whatever ``encode_ring`` has not made."""
    if not data.startswith(MAGIC):
        raise UnreadableRingError("It holds no traces of orm_insight.")
    if not data.startswith(_HEAD):
        raise UnreadableRingError("Another version of orm_insight has written it.")
    try:
        about, *traces = _parts_of(data[len(_HEAD) :])
        facts = json.loads(about)
        pinned = frozenset(facts["pinned"])
        is_whole = facts["traces"] == len(traces) and all(type(id) is str for id in pinned)
    except UnreadableRingError:
        raise
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise UnreadableRingError(f"It is damaged: {type(error).__name__}.") from error
    if not is_whole:
        raise UnreadableRingError("It is damaged, or not whole.")
    return EncodedRing(pinned=pinned, traces=traces)


def readable(
    ring: EncodedRing, refuse: Callable[[Exception], None], *, is_checked: bool
) -> Iterator[Trace]:
    """The traces, each made when it is wanted; what cannot be read goes to ``refuse``.

    Looking whether each is made of what its types say takes twice as long as reading it: what
    nobody but this package can have written needs none of that.
    """
    for data in ring.traces:
        try:
            trace = decode(data)
            if is_checked:
                check_trace(trace, cast("QueryLog", trace.queries))
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            refuse(error)
        else:
            yield trace


def _parts_of(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise UnreadableRingError("It is not whole.")
        yield data[start:at]
