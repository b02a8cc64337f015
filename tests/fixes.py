"""Values of fixes for tests that name them by their code."""

from __future__ import annotations

import ast
from typing import Any

from orm_insight.model.fix import (
    Assignment,
    Call,
    Calls,
    ClassBody,
    Code,
    Fix,
    InPlace,
    Keyword,
    Literal,
)
from orm_insight.model.frames import CallSite

_ANSWERS = ("count", "exists")


def make_fix(code: str, at: CallSite | None = None, **facts: Any) -> Fix:
    """Calls on a queryset, an assignment in a class, or a call in the place of another."""
    [statement] = ast.parse(code).body
    if isinstance(statement, ast.Assign):
        value = _literal(statement.value)
        fix = Fix(change=ClassBody((Assignment(ast.unparse(statement.targets[0]), value),)), at=at)
    else:
        assert isinstance(statement, ast.Expr)
        calls = tuple(_calls(statement.value))
        is_answer = calls[0].name in _ANSWERS
        fix = Fix(change=InPlace(calls[0]) if is_answer else Calls(calls), at=at, **facts)
    assert fix.code == code
    return fix


def _calls(node: ast.expr) -> list[Call]:
    if not isinstance(node, ast.Call):
        return []
    before = _calls(node.func.value) if isinstance(node.func, ast.Attribute) else []
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    keywords = tuple(Keyword(k.arg or "", _literal(k.value)) for k in node.keywords)
    return [*before, Call(name, tuple(map(_literal, node.args)), keywords)]


def _literal(node: ast.expr) -> Literal | Code:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return Code(ast.unparse(node))
    return Literal(tuple(value) if isinstance(value, list) else value)
