"""The words of docstrings: the first one names the thing or is a verb."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROUNDABOUT = frozenset({"For", "Of", "Those", "What", "Where", "Whether"})
"""With these a sentence goes around the thing instead of naming it."""
_OWNERS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of each docstring, and of each text that documents a name above it."""
    for node in ast.walk(tree):
        if isinstance(node, _OWNERS):
            for statement in node.body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    text = statement.value.value
                    if isinstance(text, str):
                        yield statement.lineno, text.strip()


def roundabout(source: str) -> list[tuple[int, str]]:
    return [
        (line, text.partition("\n")[0])
        for line, text in docstrings(ast.parse(source))
        if text.split()[:1] and text.split()[0].strip("`,") in ROUNDABOUT
    ]


def test_a_roundabout_docstring_is_found():
    assert roundabout('LIMIT = 3\n"""What a page holds."""\n') == [(2, "What a page holds.")]
    assert roundabout('LIMIT = 3\n"""The rows of a page."""\n') == []


def test_docstrings_name_their_thing_first():
    offenders = [
        f"{path.relative_to(ROOT).as_posix()}:{line} {text}"
        for folder in ("orm_insight", "demo", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in roundabout(path.read_text(encoding="utf-8"))
    ]

    assert offenders == []
