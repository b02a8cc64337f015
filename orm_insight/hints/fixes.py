"""The code of a fix, taken apart: calls for a queryset, or a statement for the body of a class."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TypeAlias

_QUERYSET = "queryset"
METHODS = frozenset(
    {"select_related", "prefetch_related", "annotate", "only", "defer", "fetch_mode"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixCall:
    """``prefetch_related("tags", Prefetch(...))``: the arguments as written, and as a tree."""

    method: str
    arguments: tuple[str, ...]
    nodes: tuple[ast.expr, ...]

    @property
    def code(self) -> str:
        return f"{self.method}({', '.join(self.arguments)})"


FixStatement: TypeAlias = ast.Assign | ast.FunctionDef


def calls_of(fix: str) -> tuple[FixCall, ...]:
    """The calls to append to a queryset; none where the fix is something else."""
    code = f"{_QUERYSET}.{fix}"
    try:
        node = ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return ()
    return calls_in(node, code, _QUERYSET)


def calls_in(node: ast.expr, code: str, root: str) -> tuple[FixCall, ...]:
    """The chain of calls on ``root`` that ``code`` consists of."""
    found: list[FixCall] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in METHODS:
            return ()
        found.insert(0, _call(node, node.func.attr, code))
        node = node.func.value
    return tuple(found) if ast.unparse(node) == root else ()


def _call(node: ast.Call, method: str, code: str) -> FixCall:
    arguments = [_segment(code, argument) for argument in node.args]
    arguments += [f"{keyword.arg}={_segment(code, keyword.value)}" for keyword in node.keywords]
    nodes = (*node.args, *(keyword.value for keyword in node.keywords))
    return FixCall(method=method, arguments=tuple(arguments), nodes=nodes)


def _segment(code: str, node: ast.expr) -> str:
    return ast.get_source_segment(code, node) or ast.unparse(node)


def statement_of(fix: str) -> FixStatement | None:
    """The statement for the body of a class, if the fix is one."""
    try:
        body = ast.parse(fix).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    is_statement = len(body) == 1 and isinstance(body[0], FixStatement)
    return body[0] if is_statement else None  # type: ignore[return-value]  # it was looked at


def names_in(fix: str) -> frozenset[str]:
    """The names that the file must know for the fix to run."""
    try:
        tree = ast.parse(fix)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    assigned = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    # The calls of a fix for a chain look like functions: they are methods of the queryset.
    return frozenset(used - assigned - arguments - (METHODS & called) - set(dir(builtins)))
