"""The plan of the package as a test: its size, its ground floor, and no circle of imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = "orm_insight"
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / PACKAGE).rglob("*.py"))
}
MAX_FILES, MAX_LINES, MAX_ROOT = 220, 39_460, 12
"""The lines only ever go down; 36,000 are planned."""


def imported(module: str, path: Path) -> Iterator[str]:
    """The files that a file names in its imports, those for type checkers and late ones too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in FILES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def graph(*, with_packages: bool) -> dict[str, set[str]]:
    """The imports of each file. A module's import also runs the packages that hold it."""
    found: dict[str, set[str]] = {}
    for module, path in FILES.items():
        names = {name for name in imported(module, path) if name in FILES}
        if with_packages:
            names |= {
                package
                for name in names
                for package in packages_of(name)
                if module != package and not module.startswith(f"{package}.")
            }
        found[module] = names - {module}
    return found


def packages_of(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts)))


def circle(imports: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})


def test_no_file_is_on_a_circle_of_imports():
    assert len(graph(with_packages=False)) == len(FILES)
    assert circle(graph(with_packages=False)) == []
    assert circle(graph(with_packages=True)) == []


def test_package_is_no_larger_than_planned():
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES.values())
    in_root = [path.name for path in FILES.values() if path.parent.name == PACKAGE]

    assert len(FILES) <= MAX_FILES
    assert lines <= MAX_LINES
    assert len(in_root) <= MAX_ROOT
