"""The rules of the house that no linter knows: sizes, and a docstring for every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


@cache
def sources() -> tuple[tuple[str, str, ast.Module], ...]:
    texts = {module: (ROOT / module).read_text(encoding="utf-8") for module in MODULES}
    return tuple((module, text, ast.parse(text)) for module, text in texts.items())


def test_every_module_says_what_it_holds():
    silent = [
        module
        for module, source, tree in sources()
        if not ast.get_docstring(tree) and not is_empty_folder_mark(module, source)
    ]

    assert silent == []


def test_files_and_functions_are_short():
    long = [
        (module, len(source.splitlines()))
        for module, source, _ in sources()
        if len(source.splitlines()) > MAX_FILE_LINES
    ]
    long += [
        (f"{module}, line {function.lineno}", f"{function.name}()")
        for module, _, tree in sources()
        for function in functions(tree)
        if function.end_lineno - function.lineno >= MAX_FUNCTION_LINES
    ]

    assert long == []


def test_package_itself_is_among_the_modules():
    assert "orm_insight/model/trace.py" in MODULES
