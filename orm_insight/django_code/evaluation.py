"""Evaluates a queryset expression that was read from source, and sends nothing.

It knows models, their managers, the querysets' own methods, ``Q``, ``F`` and the other
expressions of Django, and literals. A function of the application is never called by name, so it
has no effect.
"""

from __future__ import annotations

import ast
import datetime
import decimal
import inspect
import operator
import uuid
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import F, Manager, Model, Prefetch, Q, QuerySet
from django.db.models.expressions import BaseExpression
from django.db.models.manager import BaseManager

from orm_insight.capture.active import paused
from orm_insight.model.trace import Query
from orm_insight.stores.values import to_json

_METHODS = """
    aggregate alias all annotate count dates datetimes db_manager defer difference distinct earliest
    exclude exists fetch_mode filter first get in_bulk intersection last latest none only order_by
    prefetch_related reverse select_related union using values values_list
"""
METHODS = frozenset(_METHODS.split())
_VALUES = (
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    *(decimal.Decimal, uuid.UUID, zoneinfo.ZoneInfo),
)
_EXPRESSIONS = (BaseExpression, F, Prefetch, Q)
_OPERATORS: Mapping[type, Callable[..., Any]] = {
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Invert: operator.invert,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}


class NotPlain(Exception):
    """The expression has a part that is not evaluated here."""


def evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """The value; the caller has to stop the queries that it sends."""
    method = _KINDS.get(type(node))
    if method is None:
        raise NotPlain(type(node).__name__)
    return method(node, names)


def is_known(value: Any) -> bool:
    """Return whether an expression may name this value, which a file imports."""
    if inspect.isclass(value):
        return issubclass(value, (Model, *_EXPRESSIONS)) or value in _VALUES
    return inspect.ismodule(value)


def _name(node: ast.Name, names: Mapping[str, Any]) -> Any:
    if node.id not in names or not is_known(names[node.id]):
        raise NotPlain(node.id)
    return names[node.id]


def _attribute(node: ast.Attribute, names: Mapping[str, Any]) -> Any:
    """The manager of a model, a class of a module; methods are found where they are called."""
    owner = evaluate(node.value, names)
    if inspect.isclass(owner) and issubclass(owner, Model):
        found = inspect.getattr_static(owner, node.attr, None)
        is_manager = isinstance(getattr(found, "manager", None), BaseManager)
        is_built_in = node.attr in ("_base_manager", "_default_manager")
        if is_manager or is_built_in:
            return getattr(owner, node.attr)
    if isinstance(owner, ModuleType) and is_known(found := getattr(owner, node.attr, None)):
        return found
    if owner is datetime.timezone and node.attr == "utc":
        return datetime.timezone.utc  # noqa: UP017  # as it is written in what is evaluated
    raise NotPlain(node.attr)


def _call(node: ast.Call, names: Mapping[str, Any]) -> Any:
    function = _function(node.func, names)
    arguments = [evaluate(argument, names) for argument in node.args]
    keywords: dict[str, Any] = {}
    for keyword in node.keywords:
        value = evaluate(keyword.value, names)
        keywords |= value if keyword.arg is None else {keyword.arg: value}
    return function(*arguments, **keywords)


def _function(node: ast.expr, names: Mapping[str, Any]) -> Callable[..., Any]:
    """A method of a queryset or manager, or a class of expressions or values."""
    if isinstance(node, ast.Attribute) and node.attr in METHODS:
        owner = evaluate(node.value, names)
        if isinstance(owner, Manager | BaseManager | QuerySet):
            method: Callable[..., Any] = getattr(owner, node.attr)
            return method
    found = evaluate(node, names)
    if inspect.isclass(found) and (issubclass(found, _EXPRESSIONS) or found in _VALUES):
        return found
    raise NotPlain(ast.unparse(node))


def _subscript(node: ast.Subscript, names: Mapping[str, Any]) -> Any:
    owner = evaluate(node.value, names)
    if not isinstance(owner, QuerySet):
        raise NotPlain("[]")
    return owner[evaluate(node.slice, names)]


def _slice(node: ast.Slice, names: Mapping[str, Any]) -> slice:
    parts = (node.lower, node.upper, node.step)
    return slice(*(None if part is None else evaluate(part, names) for part in parts))


def _operation(node: ast.BinOp | ast.UnaryOp, names: Mapping[str, Any]) -> Any:
    if type(node.op) not in _OPERATORS:
        raise NotPlain(type(node.op).__name__)
    operands = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.operand,)
    return _OPERATORS[type(node.op)](*(evaluate(operand, names) for operand in operands))


def _dictionary(node: ast.Dict, names: Mapping[str, Any]) -> dict[Any, Any]:
    if None in node.keys:
        raise NotPlain("**")
    pairs = zip(node.keys, node.values, strict=True)
    return {evaluate(key, names): evaluate(value, names) for key, value in pairs if key}


def _sequence(kind: Callable[[Any], Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    return lambda node, names: kind([evaluate(item, names) for item in node.elts])


_KINDS: Mapping[type[ast.expr], Callable[[Any, Mapping[str, Any]], Any]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _operation,
    ast.Call: _call,
    ast.Constant: lambda node, names: node.value,
    ast.Dict: _dictionary,
    ast.List: _sequence(list),
    ast.Name: _name,
    ast.Set: _sequence(set),
    ast.Slice: _slice,
    ast.Subscript: _subscript,
    ast.Tuple: _sequence(tuple),
    ast.UnaryOp: _operation,
}


# The first statement of an expression, stopped before it is sent.
#
# A connection is opened where there is none yet, because the ORM asks for a cursor first; nothing
# is sent over it.


class Asked(NamedTuple):
    """A statement that was not sent."""

    sql: str
    params: Any
    alias: str


class _Stopped(Exception):
    """Raised in place of sending; the ORM cleans up as after any error."""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self.asked = asked


def can_be_tried(query: Query) -> bool:
    """Connect once, so that nobody waits for many tries of a database that is not there."""
    try:
        with paused():
            connections[query.alias].ensure_connection()
    except Exception:
        return False
    return True


def issues(evaluate: Callable[[], Any], query: Query) -> bool:
    """Return whether the first statement is this one, with these values, on this database.

    Any other outcome is a no, also an error in the code of the application.
    """
    try:
        asked = _first_statement(evaluate)
    except Exception:
        return False
    return (
        asked is not None
        and (asked.sql, asked.alias) == (query.sql, query.alias)
        and to_json(_tuple(asked.params)) == to_json(_tuple(query.params))
    )


def _tuple(params: Any) -> Any:
    return tuple(params) if isinstance(params, list) else params


def _first_statement(evaluate: Callable[[], Any]) -> Asked | None:
    try:
        with paused(), _nothing_sent():
            value = evaluate()
            if isinstance(value, QuerySet):
                list(value)
    except _Stopped as stopped:
        return stopped.asked
    return None


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Wrappers come and go while a connection is opened, so this one is removed by identity."""

    def stop(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        raise _Stopped(Asked(sql, params, context["connection"].alias))

    opened = list(connections.all())
    for connection in opened:
        # The first one is outermost: no other tool gets to see what is not sent.
        connection.execute_wrappers.insert(0, stop)
    try:
        yield
    finally:
        for connection in opened:
            wrappers = connection.execute_wrappers
            wrappers[:] = [wrapper for wrapper in wrappers if wrapper is not stop]
