"""A unified diff, as ``git apply`` and ``patch -p1`` take it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

CONTEXT_LINES = 3
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


def unified_diff(before: str, after: str, path: str) -> str:
    """``path`` is relative to the project, with slashes."""
    lines = difflib.unified_diff(
        _LINE.findall(before),
        _LINE.findall(after),
        fromfile=f"a/{path}",
        tofile=f"b/{path}",
        n=CONTEXT_LINES,
    )
    return "".join(_ended(lines))


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
