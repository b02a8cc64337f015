"""The ``Prefetch`` that a queryset has already, found in the source that builds it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.analysis.patches.asking import Asking, Step, steps_of
from orm_insight.analysis.patches.source import SourceFile, constant
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query

_Placed: TypeAlias = ast.expr | ast.stmt
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})


def prefetched_already(
    source: SourceFile, hint: Hint, asking: Asking, queries: Iterable[Query]
) -> str | None:
    """The attribute that holds what is asked for, ``newer_comments`` or ``comments.all()``.

    The trace has to have a prefetch of these objects, and the statement that builds the queryset
    a ``Prefetch`` with the very conditions, as they stand there or in the fix.
    """
    if not _has_prefetch(hint, queries) or hint.origin is None:
        return None
    wanted = {asking.steps, *(_steps(call, None) for call in _prefetches(ast.parse(hint.fix)))}
    scope = _scope_at(source, hint.origin.line)
    for call in _prefetches(_statement_at(scope, hint.origin.line)):
        if call.args and constant(call.args[0]) == hint.lookup and _steps(call, scope) in wanted:
            relation = (hint.lookup or "").rpartition("__")[2]
            return _attribute(call) or f"{relation}.all()"
    return None


def attributes_at(source: SourceFile, line: int) -> set[str]:
    """The names under which prefetches of the same function keep what they load."""
    return set(filter(None, map(_attribute, _prefetches(_scope_at(source, line)))))


def _attribute(call: ast.Call) -> str | None:
    given = [k.value for k in call.keywords if k.arg == "to_attr"]
    found = next(iter((*given, *call.args[2:3])), None)
    return None if found is None else constant(found)


def _has_prefetch(hint: Hint, queries: Iterable[Query]) -> bool:
    asked = hint.queries[0].construction if hint.queries else None
    model = asked.model if asked is not None else None
    return any(
        query.construction is not None
        and query.construction.model == model
        and origin_of(query) is QueryOrigin.PREFETCH
        for query in queries
    )


def _scope_at(source: SourceFile, line: int) -> ast.AST:
    """The innermost function or class around a line, else the module."""
    return _innermost(source.tree, line, _SCOPES)


def _statement_at(scope: ast.AST, line: int) -> ast.AST:
    """What else the scope has prefetched is of other querysets."""
    return _innermost(scope, line, (*_SCOPES, ast.stmt))


def _innermost(root: ast.AST, line: int, kinds: tuple[type[_Placed], ...]) -> ast.AST:
    around = [
        node
        for node in ast.walk(root)
        if isinstance(node, kinds) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    # Of those that begin on the same line the walk comes to the inner one last.
    return max(enumerate(around), key=lambda each: (each[1].lineno, each[0]), default=(0, root))[1]


def _prefetches(scope: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Prefetch"):
            yield node


def _steps(call: ast.Call, scope: ast.AST | None) -> tuple[Step, ...] | None:
    """The calls of its queryset, which may stand in a variable; ``None`` where it has none."""
    given = [k.value for k in call.keywords if k.arg == "queryset"]
    node = next(iter((*given, *call.args[1:2])), None)
    if isinstance(node, ast.Name) and scope is not None:
        values = [
            each.value
            for each in ast.walk(scope)
            if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == node.id
        ]
        node = values[0] if len(values) == 1 else None
    calls: list[ast.Call] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        calls.insert(0, node)
        node = node.func.value
    is_manager = isinstance(node, ast.Attribute) and node.attr in _MANAGERS
    return steps_of(calls) if is_manager else None
