"""The time that our own code takes of each request, written by the process that serves it.

For each request the seconds on the wall and the processor's: of its beginning, its end, the end of
its stream and the keeping of its trace together. One file for each process, 16 bytes a request.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

from orm_insight.recording import handlers, requests

_RECORD = struct.Struct("<dd")
_ATTRIBUTE = "_load_seconds"
_files: dict[int, int] = {}


def install(folder: str) -> None:
    """Measure in this process and in those that are forked from it."""
    handlers.begin_request = _timed(handlers.begin_request, lambda args: args[0])
    handlers.finish_request = _timed(handlers.finish_request, lambda args: args[1])
    sending: Any = requests._Sending
    sending.stream_ends = _timed(sending.stream_ends, lambda args: args[0].request)
    ends = _timed(sending.all_ends, lambda args: args[0].request)

    @wraps(ends)
    def all_ends(self: Any) -> None:
        ends(self)
        _write(folder, getattr(self.request, _ATTRIBUTE, (0.0, 0.0)))

    sending.all_ends = all_ends


def _timed(function: Callable[..., Any], request_of: Callable[[Any], Any]) -> Callable[..., Any]:
    @wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        wall, processor = perf_counter(), thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            wall, processor = perf_counter() - wall, thread_time() - processor
            request = request_of(args)
            before = getattr(request, _ATTRIBUTE, (0.0, 0.0))
            setattr(request, _ATTRIBUTE, (before[0] + wall, before[1] + processor))

    return timed


def _write(folder: str, seconds: tuple[float, float]) -> None:
    pid = os.getpid()
    if pid not in _files:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        _files[pid] = os.open(Path(folder, str(pid)), flags, 0o600)
    os.write(_files[pid], _RECORD.pack(*seconds))


class Timings:
    """Reads what has been written since it was last asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}

    def take(self) -> list[tuple[float, float]]:
        return list(self._new())

    def _new(self) -> Iterator[tuple[float, float]]:
        for path in self._folder.iterdir():
            data = path.read_bytes()[self._read.get(path, 0) :]
            data = data[: len(data) // _RECORD.size * _RECORD.size]
            self._read[path] = self._read.get(path, 0) + len(data)
            yield from _RECORD.iter_unpack(data)  # type: ignore[misc]
