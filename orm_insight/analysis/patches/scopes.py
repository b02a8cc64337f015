"""Which names of a file mean the same at another of its lines.

An expression that is moved from the line that asks to the line that builds the queryset must find
the same values there. Where that is not certain, it is not moved.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from orm_insight.analysis.patches.source import Scope, SourceFile

_BUILTINS = frozenset(dir(builtins))
_NAME_SOMETHING = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.MatchAs,
    ast.MatchStar,
)


def bound_in(scope: ast.AST) -> set[str]:
    """Arguments and variables of a function, those of functions inside it included."""
    return {name for name, _ in _bindings(scope)}


def lines_that_bind(scope: ast.AST, name: str) -> list[int]:
    """The lines that give a variable a value; 0 for an argument."""
    return [line for each, line in _bindings(scope) if each == name]


def _bindings(scope: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name with a line that gives it a value; arguments have theirs from the start."""
    for node in ast.walk(scope):
        if isinstance(node, ast.arg):
            yield node.arg, 0
            continue
        name = None
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            name = node.id
        elif isinstance(node, ast.alias):
            name = (node.asname or node.name).partition(".")[0]
        elif isinstance(node, _NAME_SOMETHING) and node is not scope:
            name = node.name
        if name is not None:
            yield name, getattr(node, "lineno", 0)


def free_names(node: ast.expr) -> set[str]:
    """The names whose values an expression takes from around it."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names - _BUILTINS


def means_the_same(source: SourceFile, node: ast.expr, line: int) -> bool:
    """Whether an expression has the same value at a line that runs before it."""
    if any(isinstance(each, ast.Lambda | ast.NamedExpr | ast.Await) for each in ast.walk(node)):
        return False
    if any(isinstance(each, ast.comprehension) for each in ast.walk(node)):
        return False
    there = set(_functions_at(source, line))
    here = [*source.functions_around(node)]
    return all(_is_known_at(name, here, there, line, source, node) for name in free_names(node))


def _is_known_at(
    name: str, here: list[Scope], there: set[Scope], line: int, source: SourceFile, node: ast.expr
) -> bool:
    if name in _bound_by_loops(source, node):
        return False
    for function in here:
        lines = lines_that_bind(function, name)
        if lines:  # by a variable of both, which has its value before and keeps it
            return function in there and max(lines) < line
    return not any(name in bound_in(function) for function in there)


def _bound_by_loops(source: SourceFile, node: ast.expr) -> set[str]:
    """The variables of the loops and comprehensions around."""
    found: set[str] = set()
    for outer in source.around(node):
        if isinstance(outer, ast.For | ast.AsyncFor):
            found |= bound_in(outer.target)
        for generator in getattr(outer, "generators", ()):
            found |= bound_in(generator.target)
    return found


def _functions_at(source: SourceFile, line: int) -> Iterator[Scope]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first <= line <= (node.end_lineno or first):
                yield node
