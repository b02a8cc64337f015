"""Imports that a fix needs and the file does not have yet."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from orm_insight.hints.patching.source import Edit, SourceFile, bound_in

_MODELS = "django.db.models"
_EXPRESSIONS = "Avg Count Exists Max Min OuterRef Prefetch Q StdDev Subquery Sum Variance"
_DJANGO = {
    **dict.fromkeys(_EXPRESSIONS.split(), _MODELS),
    "Coalesce": f"{_MODELS}.functions",
    "models": "django.db",
}
_STANDARD = {"Decimal": "from decimal import Decimal", "datetime": "import datetime"}


def import_lines(
    source: SourceFile | None, line: int, names: Iterable[str], modules: Mapping[str, str]
) -> tuple[str, ...]:
    """The lines that make ``names`` known to a file, but for what it knows at ``line`` already.

    They are for people: whether a line may stand at the top of that file is theirs to judge.
    """
    known = set() if source is None else _known_at(source, line)
    by_module: dict[str, list[str]] = {}
    lines = []
    for name in sorted(set(names) - known):
        module = _DJANGO.get(name) or modules.get(name, "")
        if module:
            by_module.setdefault(module, []).append(name)
        elif name in _STANDARD:
            lines.append(_STANDARD[name])
    lines += [f"from {m} import {', '.join(wanted)}" for m, wanted in sorted(by_module.items())]
    return tuple(lines)


def _known_at(source: SourceFile, line: int) -> set[str]:
    nodes = (n for n in ast.walk(source.tree) if getattr(n, "lineno", 0) == line)
    at = next(nodes, source.tree)
    return {name for node in _imports(source, at) for name, _ in _brought(node)} | _defined(
        source.tree
    )


def import_edits(
    source: SourceFile, at: ast.AST, names: Iterable[str], modules: Mapping[str, str]
) -> list[Edit] | None:
    """The edits that make ``names`` known at ``at``; ``None`` if that is not certain.

    ``modules`` tells where the project's models are defined.
    """
    known = {name: origin for node in _imports(source, at) for name, origin in _brought(node)}
    known |= dict.fromkeys(_defined(source.tree) - known.keys(), "")
    for function in source.functions_around(at):
        known |= dict.fromkeys(bound_in(function) - known.keys(), "")
    missing: dict[str, list[str]] = {}
    for name in sorted(names):
        if name not in known:
            missing.setdefault(_DJANGO.get(name) or modules.get(name, ""), []).append(name)
        elif not _is_same(name, known[name], modules):
            return None
    edits: list[Edit] = []
    for module, wanted in missing.items():
        added = _add(source, module, wanted, modules) if module else None
        if added is None:
            return None
        edits += added
    return edits


def _is_same(name: str, known_from: str, modules: Mapping[str, str]) -> bool:
    """Return whether a name stands for what the fix means, and not for something else."""
    if name in _DJANGO:
        return known_from.startswith("django.")
    if name not in modules or known_from.startswith(".") or not known_from:
        return True
    # A package may bring along what its modules define.
    return f"{modules[name]}.".startswith(f"{known_from}.")


def _imports(source: SourceFile, at: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of the module, and those of the functions around ``at``."""
    for scope in (source.tree, *source.functions_around(at)):
        for node in scope.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node


def _brought(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Each name with the module that it comes from."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, "." * node.level + (node.module or "")
        else:
            yield (alias.asname or alias.name).partition(".")[0], alias.name


def _defined(tree: ast.Module) -> set[str]:
    """Classes, functions and variables of the module."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def _add(
    source: SourceFile, module: str, names: list[str], modules: Mapping[str, str]
) -> list[Edit] | None:
    imports = [
        n for n in source.tree.body if isinstance(n, ast.ImportFrom) and n.names[0].name != "*"
    ]
    same = next((node for node in imports if _is_from(node, module, modules)), None)
    if same is not None:
        return [_beside(source, same, name) for name in names]
    if module.startswith("django."):
        return _as_new_line(
            source, f"from {module} import {', '.join(names)}", module, _packages(modules)
        )
    return None  # importing the project's modules may lead round in a circle


def _is_from(node: ast.ImportFrom, module: str, modules: Mapping[str, str]) -> bool:
    """Return whether it imports from this module; a relative import shows it by its names."""
    if node.level == 0:
        return node.module == module
    return any(modules.get(alias.name) == module for alias in node.names)


def _beside(source: SourceFile, node: ast.ImportFrom, name: str) -> Edit:
    """The edit that adds a name, in its alphabetic place if the others are sorted."""
    lower = [alias for alias in node.names if alias.name < name]
    if not lower and len(node.names) > 0:
        first = node.names[0]
        return Edit(source.start(first), source.start(first), f"{name}{_gap(source, first)}")
    after = lower[-1]
    end = source.end(after)
    return Edit(end, end, f"{_gap(source, after)}{name}")


def _gap(source: SourceFile, alias: ast.alias) -> str:
    """Names stand side by side, or each on a line of its own."""
    before = source.text[source.line_start(alias.lineno) : source.start(alias)]
    return ", " if before.strip() else f",{source.newline}{before}"


def _packages(modules: Mapping[str, str]) -> set[str]:
    """The project's own packages, of which imports come last."""
    return {module.partition(".")[0] for module in modules.values()} - {"django"}


def _as_new_line(source: SourceFile, code: str, module: str, own: set[str]) -> list[Edit] | None:
    """Among the imports from Django, or between those of libraries and the project's own."""
    imports = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    of_django = [node for node in imports if _package(node) == "django"]
    later = [node for node in of_django if (getattr(node, "module", None) or "") > module]
    if not of_django:
        later = [node for node in imports if not _package(node) or _package(node) in own]
    before: list[ast.stmt] = [*(of_django or imports)]
    if not before:
        before = [node for node in source.tree.body[:1] if _is_docstring(node)]
    anchor = later[0] if later else before[-1] if before else None
    if anchor is None:
        return [Edit(0, 0, f"{code}{source.newline * 2}")]
    if not source.is_alone(anchor):
        return None
    line = anchor.lineno if later else (anchor.end_lineno or anchor.lineno) + 1
    position = source.line_start(line)
    is_broken = position > 0 and not source.text[:position].endswith("\n")
    above = source.newline if is_broken or _is_docstring(anchor) else ""
    below = source.newline if later and not of_django else ""
    return [Edit(position, position, f"{above}{code}{source.newline}{below}")]


def _package(node: ast.Import | ast.ImportFrom) -> str:
    """The package at the top; empty where the import is relative."""
    if isinstance(node, ast.ImportFrom):
        return "" if node.level else (node.module or "").partition(".")[0]
    return node.names[0].name.partition(".")[0]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
