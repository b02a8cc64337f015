"""Writes the fix of a hint into the file of its origin."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from orm_insight.hints.fixes import calls_of, names_in, statement_of
from orm_insight.hints.patching.call_sites import new_attributes, reading_edits
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
from orm_insight.model.hint import Hint


class Patch(NamedTuple):
    """A file with a fix in it.

    ``is_whole`` is false where the lines that ask each row must still be changed by hand, to read
    what the queryset brings along.
    """

    text: str
    is_whole: bool


def may_be_patched(hint: Hint) -> bool:
    """Whether it is worth to look at the file."""
    origin = hint.origin
    return origin is not None and not origin.is_template and bool(hint.fix) and hint.certain


def patched(hint: Hint, text: str, clues: Clues) -> Patch | None:
    """The origin's file with the fix in it; ``None`` where it cannot be written with certainty.

    ``text`` is the file as it was when the trace was recorded.
    """
    if not may_be_patched(hint):
        return None
    try:
        source = SourceFile(text)
        found = _edits(hint, source, clues)
        if found is None:
            return None
        edits, is_whole = found
        changed = source.changed(edits)
        ast.parse(changed)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return Patch(changed, is_whole) if changed != text else None


def _edits(hint: Hint, source: SourceFile, clues: Clues) -> tuple[list[Edit], bool] | None:
    assert hint.origin is not None
    at: ast.expr | ast.ClassDef
    edits: list[Edit] | None
    attributes, reading = new_attributes(hint.fix), None
    if calls := calls_of(hint.fix):
        chain = find_chain(source, hint.origin, clues)
        if chain is None:
            return None
        at, edits = chain.whole, chain_edits(chain, calls)
        reading = _reading(source, hint, at, attributes)
    elif (call := find_call(source, hint.origin)) is not None:
        at, edits = call, argument_edits(source, call, hint.fix)
    else:
        statement, cls = statement_of(hint.fix), find_class(source, hint.origin)
        if statement is None or cls is None:
            return None
        at, edits = cls, class_edits(source, cls, statement, hint.fix)
    imports = import_edits(source, at, names_in(hint.fix), clues.modules) if edits else None
    if edits is None or imports is None:
        return None
    return [*edits, *imports, *(reading or ())], not attributes or reading is not None


def _reading(
    source: SourceFile, hint: Hint, built: ast.expr, attributes: tuple[str, ...]
) -> list[Edit] | None:
    """Of several new attributes the site does not say which it asks for."""
    return reading_edits(source, hint, built, attributes[0]) if len(attributes) == 1 else None


# A unified diff, as ``git apply`` and ``patch -p1`` take it.

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
