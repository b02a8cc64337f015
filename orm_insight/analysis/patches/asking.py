"""The expression of a line that asks each row for its related objects, as the source has it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from orm_insight.analysis.patches.source import SourceFile, spans, stands_at
from orm_insight.model.trace import CallSite

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_LOOPS = (ast.For, ast.AsyncFor)
_TAKE_CONDITIONS = frozenset({"filter", "get", "aget"})
Step: TypeAlias = tuple[str, tuple[str, ...]]


class Asking(NamedTuple):
    """``book.reviews.filter(rating=5)``: the row, the text to be replaced, the last method.

    ``conditions`` are the values of ``filter()`` by their lookups; in a template there are none.
    ``steps`` are the calls on the related manager, to be compared with those of a ``Prefetch``.
    """

    row: str
    text: str
    method: str
    conditions: dict[str, ast.expr]
    steps: tuple[Step, ...] = ()
    is_template: bool = False
    is_asynchronous: bool = False


def asking_at(source: SourceFile, site: CallSite, names: set[str]) -> Asking | None:
    """The only expression at the site that asks a relation with one of these names."""
    found = [chain for chain in _chains(source, names) if _is_at(source, chain, site)]
    if len(found) != 1:
        return None
    calls = found[0][1]
    whole = _whole(source, calls[-1])
    if whole is None:
        return None
    parent = source.parents.get(whole)
    is_iterated = isinstance(parent, ast.AsyncFor | ast.comprehension) and parent.iter is whole
    return Asking(
        row=source.of(found[0][0].value),
        text=source.of(whole),
        method=_method(calls[-1]),
        conditions=_conditions(calls),
        steps=steps_of(calls),
        is_asynchronous=is_iterated and _is_asynchronous(parent),
    )


def asking_in_template(line: str, names: set[str]) -> Asking | None:
    """The only expression of a template's line that asks such a relation."""
    either = "|".join(map(re.escape, sorted(names)))
    methods = r"((?:\.(?:all|count|exists|first|last|iterator|get)(?:\(\))?)*)"
    found = re.findall(rf"(?<![\w.])(\w+(?:\.\w+)*?)\.({either}){methods}(?![\w(])", line)
    if len(found) != 1:
        return None
    row, name, calls = found[0]
    method = calls.rpartition(".")[2].removesuffix("()")
    return Asking(row, f"{row}.{name}{calls}", method, {}, is_template=True)


_Chain: TypeAlias = tuple[ast.Attribute, list[ast.Call]]


def _chains(source: SourceFile, names: set[str]) -> Iterator[_Chain]:
    """Each related manager of the file, with the calls on it."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in names:
            calls = list(_calls_on(source, node))
            if calls:
                yield node, calls


def _calls_on(source: SourceFile, node: ast.expr) -> Iterator[ast.Call]:
    while isinstance(method := source.parents.get(node), ast.Attribute):
        call = source.parents.get(method)
        if not isinstance(call, ast.Call) or call.func is not method:
            return
        yield call
        node = call


def _is_at(source: SourceFile, chain: _Chain, site: CallSite) -> bool:
    """Whether it is what a frame names: one of its calls, or a call with it as an argument."""
    node, calls = chain
    if site.column is None or site.end_line is None or site.end_column is None:
        return node.lineno == site.line
    loop = next((outer for outer in source.around(node) if _is_named(outer, site)), None)
    if loop is not None:  # Python 3.11 names the loop that goes over it
        over = loop.iter if isinstance(loop, _LOOPS) else loop.generators[0].iter  # type: ignore[attr-defined]
        return over in source.around(node)
    is_inside = (site.line, site.column) <= (node.lineno, node.col_offset)
    is_inside &= (calls[-1].end_lineno or 0, calls[-1].end_col_offset or 0) <= (
        site.end_line,
        site.end_column,
    )
    return is_inside or any(stands_at(call, site) for call in calls)


def _is_named(node: ast.AST, site: CallSite) -> bool:
    return isinstance(node, (*_COMPREHENSIONS, *_LOOPS)) and spans(node, site)


def _whole(source: SourceFile, call: ast.Call) -> ast.expr | None:
    """What gives the value: with the ``await`` before it, the slice or the key behind it."""
    node: ast.expr = call
    parent = source.parents.get(node)
    if isinstance(parent, ast.Await):
        node, parent = parent, source.parents.get(parent)
    method = _method(call)
    is_value = method in ("aggregate", "aaggregate")
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return parent if is_value or isinstance(parent.slice, ast.Slice) else node
    return None if is_value else node


def _method(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr


def _is_asynchronous(loop: ast.AST | None) -> bool:
    return isinstance(loop, ast.AsyncFor) or bool(getattr(loop, "is_async", 0))


def _conditions(calls: list[ast.Call]) -> dict[str, ast.expr]:
    """Of lookups that are named twice, which value is meant is not known."""
    keywords = [
        keyword
        for call in calls
        if _method(call) in _TAKE_CONDITIONS
        for keyword in call.keywords
        if keyword.arg is not None
    ]
    names = [keyword.arg for keyword in keywords]
    return {k.arg: k.value for k in keywords if k.arg is not None and names.count(k.arg) == 1}


def steps_of(calls: list[ast.Call]) -> tuple[Step, ...]:
    """What the calls ask for, but for ``all()`` and what takes one of the objects."""
    steps: list[Step] = []
    for call in calls:
        method = _method(call).removeprefix("a") if _method(call) == "aget" else _method(call)
        if method in ("all", "first", "iterator"):
            continue
        arguments = [ast.dump(argument) for argument in call.args]
        arguments += sorted(f"{k.arg}={ast.dump(k.value)}" for k in call.keywords)
        steps.append(("filter" if method == "get" else method, tuple(arguments)))
    return tuple(steps)
