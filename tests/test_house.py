"""The rules of the house that no linter knows: sizes, and a docstring for every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("orm_insight", "tests", "demo")
    for path in (ROOT / folder).rglob("*.py")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 40


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def is_empty_folder_mark(module: str, source: str) -> bool:
    return module.endswith("/__init__.py") and not module.startswith("orm_insight") and not source


@pytest.mark.parametrize("module", MODULES)
def test_module_keeps_the_rules(module: str):
    source = (ROOT / module).read_text(encoding="utf-8")
    tree = ast.parse(source)
    long_functions = [
        f"{function.name}, line {function.lineno}"
        for function in functions(tree)
        if function.end_lineno - function.lineno >= MAX_FUNCTION_LINES
    ]

    assert ast.get_docstring(tree) or is_empty_folder_mark(module, source), "what does it hold?"
    assert len(source.splitlines()) <= MAX_FILE_LINES
    assert long_functions == []


def test_package_itself_is_among_the_modules():
    assert "orm_insight/model/trace.py" in MODULES
