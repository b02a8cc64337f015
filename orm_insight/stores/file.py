"""The ring in memory, with a file from which the next process has it.

A thread writes it a moment after something has changed, and at the end of the process: a server
that is killed loses no more than that moment. It serves one process: of several that write the same
file, the last one wins. A forked child leaves the file to the process that has made the store.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from orm_insight.model.trace import Trace
from orm_insight.stores import private_files
from orm_insight.stores.base import Held, PinOutcome
from orm_insight.stores.codec import decode, encode
from orm_insight.stores.documents import check_trace
from orm_insight.stores.memory import MemoryStore
from orm_insight.workers import Worker

Report = Callable[[str, Exception], None]
_DELAY_S = 0.25
_STEP = "write the file of KEEP_TRACES_IN"
MAGIC, VERSION = b"orm_insight traces\n", 1
_HEAD = MAGIC + bytes([VERSION])
_LENGTH_BYTES = 4
_DAMAGE = (ValueError, TypeError, LookupError, RecursionError)


class FileStore(MemoryStore):
    """``report`` gets the step that failed, and the error; ``is_wanted`` says whether to write."""

    def __init__(
        self,
        path: Path,
        report: Report,
        is_wanted: Callable[[], bool] = lambda: True,
        **limits: Any,
    ) -> None:
        super().__init__(**limits)
        self.path = path
        self._report = report
        self._is_wanted = is_wanted
        self._pid = os.getpid()
        self._encoder = RingEncoder()
        self._failure = ""
        self._worker = Worker(_STEP, FileStore._write, delay_s=_DELAY_S)
        self._read()
        self._written = self._contents

    @property
    def problem(self) -> str | None:
        return self._failure or None

    def save(self, trace: Trace) -> None:
        super().save(trace)
        self._write_soon()

    def pin(self, id: str, *, is_pinned: bool) -> PinOutcome:
        outcome = super().pin(id, is_pinned=is_pinned)
        self._write_soon()
        return outcome

    def clear(self) -> bool:
        is_done = super().clear()
        self._write_soon()
        return is_done

    def flush(self, timeout: float | None = None) -> None:
        """Write everything that has changed since the last time; nobody else is waited for."""
        if not self._is_idle:
            self._worker.flush()

    def close(self) -> None:
        """Write nothing any more."""
        self._worker.stop()
        self._worker.flush()
        self._encoder = RingEncoder()

    @property
    def _is_idle(self) -> bool:
        return self._worker.is_stopped or os.getpid() != self._pid or not self._is_wanted()

    def _read(self) -> None:
        try:
            private_files.sweep(self.path.parent, private_files.temporary_names(self.path.name))
            held = read_ring(
                self.path,
                most_bytes=self.limits.max_bytes,
                refuse=lambda error: self._report("read a trace of KEEP_TRACES_IN", error),
            )
            self.take_over(held or Held())
        except FileNotFoundError:
            # The folder is missing: a system check says so, and the first write fails.
            return
        except Exception as error:
            self._report("read the file of KEEP_TRACES_IN", error)

    def _write_soon(self) -> None:
        if not self._is_idle:
            self._worker.offer(self, key="changed")

    def _write(self) -> None:
        """In the worker's thread."""
        contents = self._contents
        if self._is_idle or contents is self._written:
            return
        try:
            write_ring(self.path, self._encoder.encode(self.held()))
            self._failure = ""
        except Exception as error:
            self._failure = f"The traces are not kept in {self.path}: {error}"
            self._report(_STEP, error)
        self._written = contents


# -- the file -------------------------------------------------------------------------------------
# A magic word and a version, then parts after their lengths. The first part says which traces are
# pinned and how many parts follow, so that a file that was cut off is told from a whole one.


class UnreadableRingError(ValueError):
    """The file is foreign, damaged, or of another version; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRing:
    """A ring in bytes: the newest trace first, each as ``encode`` has made it."""

    pinned: Collection[str]
    traces: Sequence[bytes]


class RingEncoder:
    """Encodes the traces of a ring, each only once."""

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
    """Raises where ``write_ring`` would not replace the file."""
    private_files.check_replaceable(path, magic=MAGIC)


def read_ring(
    path: Path, *, most_bytes: int, refuse: Callable[[Exception], None], is_checked: bool = True
) -> Held | None:
    """The ring in the file, if there is one.

    The traces are made one by one; ``refuse`` gets the first error of those that cannot be read.
    Checking the types takes twice as long as reading: a file that only this package can have
    written needs no check.
    """
    data = private_files.read(path, most_bytes=most_bytes)
    if not data:
        return None
    ring = _decoded(data)

    def traces() -> Iterator[Trace]:
        is_told = False
        for entry in ring.traces:
            try:
                trace = decode(entry)
                if is_checked:
                    check_trace(trace)
            except _DAMAGE as error:
                if not is_told:
                    refuse(error)
                is_told = True
            else:
                yield trace

    return Held(traces(), frozenset(ring.pinned))


def encode_ring(ring: EncodedRing) -> Iterator[bytes]:
    """The pieces of the file, in order."""
    yield _HEAD
    about = {"pinned": sorted(ring.pinned), "traces": len(ring.traces)}
    for part in (json.dumps(about).encode(), *ring.traces):
        yield len(part).to_bytes(_LENGTH_BYTES, "big")
        yield part


def _decoded(data: bytes) -> EncodedRing:
    """Raises ``UnreadableRingError`` for all data that ``encode_ring`` has not made."""
    if not data.startswith(MAGIC):
        raise UnreadableRingError("It contains no traces of orm_insight.")
    if not data.startswith(_HEAD):
        raise UnreadableRingError("Another version of orm_insight has written it.")
    try:
        about, *traces = _parts_of(data[len(_HEAD) :])
        facts = json.loads(about)
        pinned = frozenset(facts["pinned"])
        is_whole = facts["traces"] == len(traces) and all(type(id) is str for id in pinned)
    except UnreadableRingError:
        raise
    except _DAMAGE as error:
        raise UnreadableRingError(f"It is damaged: {type(error).__name__}.") from error
    if not is_whole:
        raise UnreadableRingError("It is damaged or incomplete.")
    return EncodedRing(pinned=pinned, traces=traces)


def _parts_of(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise UnreadableRingError("It is incomplete.")
        yield data[start:at]
