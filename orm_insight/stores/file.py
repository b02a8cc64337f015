"""The ring in memory, with a file from which the next process has it.

It is written a moment after something has changed, by a thread, and at the end of the process: a
server that is killed has lost no more than that moment. For one process: of several that write
the same file, the last one wins. One that was forked leaves it to that which has made the store.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orm_insight.model.trace import Trace
from orm_insight.stores import private_files
from orm_insight.stores.base import Held, PinOutcome
from orm_insight.stores.memory import MemoryStore
from orm_insight.stores.ring_file import RingEncoder, read_ring, write_ring
from orm_insight.workers import Worker

Report = Callable[[str, Exception], None]
_DELAY_S = 0.25
_STEP = "write the file of KEEP_TRACES_IN"


class FileStore(MemoryStore):
    """``report`` is told the step that failed, and why; written is where ``is_wanted`` says so."""

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
        """Write what has changed since it was written last; there is nobody to wait for."""
        if not self._is_idle:
            self._worker.flush()

    def close(self) -> None:
        """Nothing is written any more."""
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
            # The folder: a system check says so, and the first write fails.
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
