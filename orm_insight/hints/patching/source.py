"""A Python file that can be changed at the positions of its syntax tree."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple, TypeAlias

from orm_insight.model.frames import CallSite

# As Python sees it: str.splitlines() knows further characters that end a line.
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_INDENT = re.compile(r"[ \t]*")
Positioned: TypeAlias = ast.expr | ast.stmt | ast.alias
Scope: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class Edit(NamedTuple):
    """Put ``text`` in place of the characters from ``start`` to ``end``."""

    start: int
    end: int
    text: str


class SourceFile:
    """The text and its tree. Raises ``SyntaxError`` or ``ValueError`` where it is no Python."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._lines = _LINE.findall(text)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {c: node for node in ast.walk(self.tree) for c in ast.iter_child_nodes(node)}

    @cached_property
    def newline(self) -> str:
        return "\r\n" if self._lines and self._lines[0].endswith("\r\n") else "\n"

    def index(self, line: int, column: int) -> int:
        """The tree counts UTF-8 bytes, texts count characters."""
        before = self._lines[line - 1].encode("utf-8", "surrogatepass")[:column]
        return self._starts[line - 1] + len(before.decode("utf-8", "replace"))

    def start(self, node: Positioned) -> int:
        return self.index(node.lineno, node.col_offset)

    def end(self, node: Positioned) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.index(node.end_lineno, node.end_col_offset)

    def of(self, node: Positioned) -> str:
        return self.text[self.start(node) : self.end(node)]

    def line_start(self, line: int) -> int:
        """Also of the line after the last."""
        return self._starts[min(line - 1, len(self._lines))]

    def indent(self, line: int) -> str:
        """The white space that a line begins with."""
        return _INDENT.match(self._lines[line - 1])[0]  # type: ignore[index]  # it always matches

    def is_alone(self, node: ast.stmt) -> bool:
        """Return whether nothing but a comment shares the lines of a statement."""
        before = self.text[self.line_start(node.lineno) : self.start(node)]
        after = self.text[self.end(node) : self.line_start((node.end_lineno or 0) + 1)]
        return not before.strip() and (not after.strip() or after.lstrip().startswith("#"))

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes that contain ``node``, innermost first."""
        while (node := self.parents.get(node)) is not None:  # type: ignore[assignment]
            yield node

    def functions_around(self, node: ast.AST) -> Iterator[Scope]:
        for outer in self.around(node):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                yield outer

    def changed(self, edits: Iterable[Edit]) -> str:
        """The text after all edits; what is put at the same position keeps its order."""
        text = self.text
        ordered = sorted(enumerate(edits), key=lambda item: (item[1].start, item[1].end, item[0]))
        for _, edit in reversed(ordered):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text


def stands_at(node: ast.Call, site: CallSite) -> bool:
    """Return whether a call is the one that a frame names.

    If a chain goes over several lines, Python names the method's line and position.
    """
    if not isinstance(node.func, ast.Attribute):
        return False
    if (node.end_lineno, node.end_col_offset) != (site.end_line, site.end_column):
        return False
    method = len(node.func.attr.encode())
    end = node.func.end_col_offset or 0
    return (site.line, site.column) in (
        (node.lineno, node.col_offset),
        (node.func.end_lineno, end - method),
    )


def spans(node: Positioned, site: CallSite) -> bool:
    """Return whether a node begins and ends at the positions of a frame."""
    begin, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return begin == (site.line, site.column) and end == (site.end_line, site.end_column)


def constant(node: ast.expr) -> str | None:
    """The text of a literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


# -- names that mean the same at another line -----------------------------------------------------

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
    """Return whether an expression has the same value at a line that runs before it.

    Only then is it moved from the line that asks to the line that builds the queryset.
    """
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
