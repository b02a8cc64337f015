"""A Python file that can be changed at the positions of its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple, TypeAlias

from orm_insight.model.trace import CallSite

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
        """Whether nothing else stands on the lines of a statement but a comment."""
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
    """Whether a call is the one that a frame names.

    Where a chain goes over several lines, Python names the method's line and position.
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
    """Whether a node begins and ends where a frame says."""
    begin, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return begin == (site.line, site.column) and end == (site.end_line, site.end_column)


def quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text and "\\" not in text else repr(text)


def constant(node: ast.expr) -> str | None:
    """The text of a literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
