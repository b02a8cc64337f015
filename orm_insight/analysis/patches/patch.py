"""Writes the fix of a hint into the file of its origin."""

from __future__ import annotations

import ast

from orm_insight.analysis.patches.chains import find_chain
from orm_insight.analysis.patches.classes import class_edits, find_class
from orm_insight.analysis.patches.clues import Clues
from orm_insight.analysis.patches.fixes import calls_of, names_in, statement_of
from orm_insight.analysis.patches.imports import import_edits
from orm_insight.analysis.patches.merging import chain_edits
from orm_insight.analysis.patches.source import Edit, SourceFile
from orm_insight.model.hint import Hint


def patched(hint: Hint, text: str, clues: Clues) -> str | None:
    """The origin's file with the fix in it; ``None`` where it cannot be written with certainty.

    ``text`` is the file as it was when the trace was recorded.
    """
    origin = hint.origin
    if origin is None or origin.is_template or not hint.fix or not hint.certain:
        return None
    try:
        source = SourceFile(text)
        edits = _edits(hint, source, clues)
        changed = source.changed(edits) if edits else text
        ast.parse(changed)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return changed if changed != text else None


def _edits(hint: Hint, source: SourceFile, clues: Clues) -> list[Edit] | None:
    assert hint.origin is not None
    at: ast.AST
    if calls := calls_of(hint.fix):
        chain = find_chain(source, hint.origin, clues)
        if chain is None:
            return None
        at, edits = chain.whole, chain_edits(chain, calls)
    else:
        statement, cls = statement_of(hint.fix), find_class(source, hint.origin)
        if statement is None or cls is None:
            return None
        at, edits = cls, class_edits(source, cls, statement, hint.fix)
    imports = import_edits(source, at, names_in(hint.fix), clues.modules) if edits else None
    return None if edits is None or imports is None else [*edits, *imports]
