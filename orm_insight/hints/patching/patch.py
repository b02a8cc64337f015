"""Writes the fix of a hint into the file of its origin."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from orm_insight.hints.patching.call_sites import reading_edits
from orm_insight.hints.patching.chains import (
    Clues,
    argument_edits,
    chain_edits,
    find_call,
    find_chain,
)
from orm_insight.hints.patching.classes import class_edits, find_class
from orm_insight.hints.patching.imports import import_edits
from orm_insight.hints.patching.source import Edit, SourceFile
from orm_insight.model.fix import Argument, Calls, ClassBody, Fix
from orm_insight.model.frames import CallSite


class Patch(NamedTuple):
    """A file with a fix in it.

    ``is_whole`` is false where the lines that ask each row must still be changed by hand, to read
    what the queryset brings along.
    """

    text: str
    is_whole: bool


def may_be_patched(fix: Fix) -> bool:
    """Return true where it is worth to look at the file."""
    is_written = isinstance(fix.change, Calls | ClassBody | Argument)
    return fix.at is not None and not fix.at.is_template and is_written and fix.is_certain


def patched(fix: Fix, text: str, clues: Clues) -> Patch | None:
    """The file with the fix in it; ``None`` where it cannot be written with certainty.

    ``text`` is the file as it was when the trace was recorded.
    """
    if fix.at is None or not may_be_patched(fix):
        return None
    try:
        source = SourceFile(text)
        found = _edits(fix, fix.at, source, clues)
        if found is None:
            return None
        edits, is_whole = found
        changed = source.changed(edits)
        ast.parse(changed)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return Patch(changed, is_whole) if changed != text else None


def _edits(
    fix: Fix, site: CallSite, source: SourceFile, clues: Clues
) -> tuple[list[Edit], bool] | None:
    change = fix.change
    at: ast.expr | ast.ClassDef | None = None
    edits: list[Edit] | None = None
    reading: list[Edit] = []
    is_whole = not fix.attributes
    if isinstance(change, Calls) and (chain := find_chain(source, site, clues)) is not None:
        at, edits = chain.whole, chain_edits(chain, change.calls)
        found = [reading_edits(source, each, site, at) for each in fix.readings]
        reading = [edit for edits_of_one in found for edit in edits_of_one or ()]
        is_whole = None not in found and len(found) == len(fix.attributes)
    elif isinstance(change, Argument) and (call := find_call(source, site)) is not None:
        at, edits = call, argument_edits(source, call, change)
    elif isinstance(change, ClassBody) and (cls := find_class(source, site)) is not None:
        at, edits = cls, class_edits(source, cls, change)
    imports = import_edits(source, at, fix.names, clues.modules) if at and edits else None
    if edits is None or imports is None:
        return None
    return [*edits, *imports, *reading], is_whole


# -- unified diff, for git apply and patch -p1 ----------------------------------------------------

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
