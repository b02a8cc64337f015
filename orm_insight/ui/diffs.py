"""The fix as a diff of the origin's file, each line marked for what it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup, escape

from orm_insight.analysis.patches.clues import Clues
from orm_insight.analysis.patches.diff import unified_diff
from orm_insight.analysis.patches.patch import patched
from orm_insight.analysis.report import Report
from orm_insight.model.hint import Hint
from orm_insight.ui.hint_contexts import Diff, DiffLine
from orm_insight.ui.paths import display_path
from orm_insight.ui.source import Sources

_KINDS = {"+": "added", "-": "removed", "@": "hunk", "\\": "note"}
_FILES = 2


def diff_of(hint: Hint, report: Report, sources: Sources) -> Diff | None:
    """``None`` where it is not certain, or the file is another one now."""
    origin = hint.origin
    if origin is None or not getattr(origin, "is_application", True):
        return None
    text = sources.unchanged_text(origin.file)
    patch = patched(hint, text, Clues.of(hint, report.queries, report.schema)) if text else None
    if text is None or patch is None:
        return None
    path = display_path(origin.file).replace(os.sep, "/").lstrip("/")
    diff = unified_diff(text, patch.text, path)
    lines = tuple(_lines(diff.split("\n")[:-1]))
    return Diff(path=path, text=diff, lines=lines, is_whole=patch.is_whole)


def _lines(lines: Sequence[str]) -> Iterator[DiffLine]:
    yield from (DiffLine(kind="file", markup=escape(line)) for line in lines[:_FILES])
    rest = list(lines[_FILES:])
    while rest:
        removed = _taken(rest, "-")
        added = _taken(rest, "+")
        yield from _changed(removed, added)
        if rest and not removed and not added:
            line = rest.pop(0)
            yield DiffLine(kind=_KINDS.get(line[:1], "context"), markup=escape(line))


def _taken(lines: list[str], sign: str) -> list[str]:
    """The lines at the beginning that are marked so."""
    taken = []
    while lines and lines[0].startswith(sign):
        taken.append(lines.pop(0))
    return taken


def _changed(removed: list[str], added: list[str]) -> Iterable[DiffLine]:
    """Lines that replace others show what is different in them."""
    is_paired = len(removed) == len(added)
    pairs = list(zip(removed, added, strict=False)) if is_paired else []
    old = [_marked(line, other) for line, other in pairs] or [escape(line) for line in removed]
    new = [_marked(line, other) for other, line in pairs] or [escape(line) for line in added]
    yield from (DiffLine(kind="removed", markup=markup) for markup in old)
    yield from (DiffLine(kind="added", markup=markup) for markup in new)


def _marked(line: str, other: str) -> Markup:
    """The characters between what both lines begin and end with."""
    start = _shared(line[1:], other[1:]) + 1
    limit = min(len(line), len(other)) - start
    end = min(_shared(line[::-1], other[::-1]), limit)
    middle = line[start : len(line) - end]
    mark = Markup('<mark class="oi-diff-mark">{}</mark>').format(middle) if middle else Markup()
    return Markup("{}{}{}").format(line[:start], mark, line[len(line) - end :])


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
