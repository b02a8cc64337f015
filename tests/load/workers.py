"""How much memory the processes of a server take, and whether it grows."""

from __future__ import annotations

import os
import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple

EVERY_S = 1.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Sample(NamedTuple):
    """Seconds since the beginning, and the resident bytes of all processes."""

    seconds: float
    bytes: int


def processes_below(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                facts = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(facts[1])
    found = [pid]
    for parent in found:
        found += [child for child, above in parents.items() if above == parent]
    return found


def resident_bytes(pid: int) -> int:
    total = 0
    for each in processes_below(pid):
        try:
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * _PAGE
        except OSError:
            continue
    return total


@contextmanager
def watched(pid: int) -> Iterator[list[Sample]]:
    """Samples of the block, taken by a thread."""
    samples: list[Sample] = []
    over = threading.Event()
    began = monotonic()

    def work() -> None:
        while not over.wait(EVERY_S):
            samples.append(Sample(monotonic() - began, resident_bytes(pid)))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def growth(samples: Sequence[Sample]) -> float:
    """Bytes a minute, as the straight line through the second half of the samples."""
    later = samples[len(samples) // 2 :]
    if len(later) < 2:
        return 0.0
    line = statistics.linear_regression(
        [sample.seconds for sample in later], [sample.bytes for sample in later]
    )
    return line.slope * 60
