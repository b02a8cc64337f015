"""Finds classes of the application, and their members, in its source.

Capture reads source files only here, usually when a trace is assembled, and each class once.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from dataclasses import dataclass, field
from functools import lru_cache
from weakref import WeakKeyDictionary

from orm_insight.capture.code_roles import is_application
from orm_insight.model.frames import CallSite, Frame


@dataclass(slots=True)
class _Declaration:
    """A class statement: its site, and the lines of the names in its body."""

    site: CallSite
    members: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)


_known: WeakKeyDictionary[type, tuple[_Declaration, ...]] = WeakKeyDictionary()
_frames: WeakKeyDictionary[type, dict[str, Frame]] = WeakKeyDictionary()


def class_site(cls: type) -> CallSite | None:
    """The class statement in the application that a person would change."""
    found = _declarations_of(cls)
    return found[0].site if found else None


def members_of(cls: type) -> frozenset[str]:
    """The names in the body of that class statement."""
    found = _declarations_of(cls)
    return frozenset(found[0].members) if found else frozenset()


@lru_cache(maxsize=1024)
def class_at(file: str, line: int) -> tuple[str, frozenset[str]] | None:
    """The name and members of the class whose statement, decorators included, stands there."""
    tree = _parse(file)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ClassDef):
            first = min((node.lineno, *(each.lineno for each in node.decorator_list)))
            if first <= line <= node.lineno:
                return node.name, frozenset(_declare(node, file, node.name).members)
    return None


def declared_frame(cls: type, name: str) -> Frame:
    """The line that declares a field or a column, else the class statement; equal ones are one."""
    frames = _frames.setdefault(cls, {})
    if name not in frames:
        frames[name] = _find(cls, name)
    return frames[name]


def _find(cls: type, name: str) -> Frame:
    declarations = _declarations_of(cls)
    for declaration in declarations:
        line = declaration.members.get(name) or declaration.columns.get(name)
        if line is not None:
            return _frame(declaration.site, line, name)
    if declarations:
        return _frame(declarations[0].site, declarations[0].site.line, name)
    return Frame(file="<unknown>", line=1, function=f"{cls.__qualname__}.{name}")


def _frame(site: CallSite, line: int, name: str) -> Frame:
    return Frame(
        file=site.file,
        line=line,
        function=f"{site.function}.{name}",
        is_application=True,
        is_declaration=True,
    )


def _declarations_of(cls: type) -> tuple[_Declaration, ...]:
    """The statements of the class and of its bases, if they are the application's."""
    if cls not in _known:
        found = (_read(base) for base in cls.__mro__)
        _known[cls] = tuple(declaration for declaration in found if declaration is not None)
    return _known[cls]


def _read(cls: type) -> _Declaration | None:
    try:
        file = inspect.getsourcefile(cls) or ""
    except (OSError, TypeError):
        return None
    if not file or not is_application(file):
        return None
    tree = _parse(file)
    path = cls.__qualname__.replace("<locals>.", "").split(".")
    node = None if tree is None else _statement(tree, path)
    return None if node is None else _declare(node, file, cls.__qualname__)


def _parse(file: str) -> ast.AST | None:
    linecache.checkcache(file)
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None


def _declare(node: ast.ClassDef, file: str, name: str) -> _Declaration:
    declaration = _Declaration(CallSite(file=file, line=node.lineno, function=name))
    for statement in node.body:
        _add(declaration, statement)
    return declaration


def _statement(tree: ast.AST, path: list[str]) -> ast.ClassDef | None:
    """The class statement at the end of these names of classes and functions."""
    wanted = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found: ast.AST | None = None
    for node in ast.walk(tree):
        if isinstance(node, wanted) and node.name == path[0] and node is not tree:
            below = _statement(node, path[1:]) if len(path) > 1 else node
            found = below or found
    return found if isinstance(found, ast.ClassDef) else None


def _add(declaration: _Declaration, statement: ast.stmt) -> None:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        declaration.members[statement.name] = statement.lineno
        return
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    for target in targets:
        if isinstance(target, ast.Name):
            declaration.members[target.id] = statement.lineno
            if target.id in ("list_display", "readonly_fields"):
                declaration.columns.update(
                    (node.value, node.lineno)
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                )
