"""Reads source files, Python and templates, when somebody looks.

Only files that a trace, an application or a template engine names are read, never one that a
client names.
"""

from __future__ import annotations

import io
import os
import stat
import tokenize
from pathlib import Path
from socket import gethostname
from typing import NamedTuple

from orm_insight.capture.application import met_at
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace

MAX_BYTES = 2_000_000
_TOLERANCE_S = 1


class Unreadable(Exception):
    """No source; the message is for the page."""


class Source(NamedTuple):
    """The text of a file, and when it was last changed, in seconds since the epoch."""

    text: str
    modified_at: float


def status_of(file: str) -> os.stat_result:
    """Size and time of a file that can be read as source."""
    if file.startswith("<"):
        raise Unreadable("This code has no file.")
    try:
        status = os.stat(file)
    except (OSError, ValueError) as error:
        raise _unreadable(error) from error
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("This is not a regular file.")
    if status.st_size > MAX_BYTES:
        raise Unreadable("The file is too large to display.")
    return status


def read_source(file: str) -> Source:
    """The file's text, decoded as Python or the template engine would."""
    status = status_of(file)
    try:
        content = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise _unreadable(error) from error
    return Source(content.decode(_encoding(file, content), errors="replace"), status.st_mtime)


class Recorded:
    """The time and process of a recording, which tell whether a file still holds what ran then."""

    def __init__(self, trace: Trace | TraceSummary) -> None:
        self._at = trace.started_at.timestamp()
        self._is_of_this_process = (trace.host, trace.pid) == (gethostname(), os.getpid())

    def change_of(self, file: str, modified_at: float) -> str:
        """A notice about a file that was last changed at this time; empty if there is none."""
        if modified_at > self._at + _TOLERANCE_S:
            return "The file has changed since this was recorded."
        loaded_at = met_at(file) if self._is_of_this_process and file.endswith(".py") else None
        if loaded_at is not None and modified_at > loaded_at + _TOLERANCE_S:
            return "The file has changed, and the server still runs the old code: restart it."
        return ""


class SourcesOf:
    """The files of one trace as they were then; each is read once, when it is asked for.

    An imported trace names files of another machine: none is read.
    """

    def __init__(self, trace: Trace) -> None:
        self._are_closed = trace.is_imported
        self._recorded = Recorded(trace)
        self._sources: dict[str, Source | None] = {}

    def __call__(self, file: str, *, now: bool = False) -> str | None:
        """The text; if the file was changed since, only if it is wanted as it is ``now``."""
        if self._are_closed:
            return None
        if file not in self._sources:
            try:
                self._sources[file] = read_source(file)
            except Unreadable:
                self._sources[file] = None
        source = self._sources[file]
        if source is None or (not now and self._recorded.change_of(file, source.modified_at)):
            return None
        return source.text


def _unreadable(error: OSError | ValueError) -> Unreadable:
    if isinstance(error, FileNotFoundError):
        return Unreadable("The file does not exist any more.")
    reason = getattr(error, "strerror", None) or "its name is not valid"
    return Unreadable(f"The file cannot be read: {reason}.")


def _encoding(file: str, content: bytes) -> str:
    """The encoding that a Python file declares; everything else is UTF-8."""
    if not file.endswith(".py"):
        return "utf-8"
    try:
        return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    except (SyntaxError, UnicodeDecodeError):
        return "utf-8"
