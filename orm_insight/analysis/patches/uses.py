"""The line that asks each row, changed to read what the queryset brings along after the fix.

Other code may share that line, with rows of other querysets, which have no such attribute. So it
is changed only where it stands in a loop over the very queryset that the fix changes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from orm_insight.analysis.patches.source import Edit, SourceFile, constant, spans, stands_at
from orm_insight.model.hint import Hint
from orm_insight.model.trace import CallSite

_Loop: TypeAlias = ast.For | ast.AsyncFor | ast.comprehension
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def new_attributes(fix: str) -> tuple[str, ...]:
    """What the rows have after the fix, ``review_count`` or a ``to_attr``, if anything new."""
    found: list[str | None] = []
    for node in ast.walk(ast.parse(fix)):
        if isinstance(node, ast.keyword) and node.arg == "to_attr":
            return (constant(node.value) or "",)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("annotate"):
            found = [keyword.arg for keyword in node.keywords]
            break
    return tuple(name for name in found if name is not None)


def reading_edits(
    source: SourceFile, hint: Hint, built: ast.expr, attribute: str
) -> list[Edit] | None:
    """Let the site read ``attribute``; ``None`` where others than these rows may come there."""
    site, origin = hint.site, hint.origin
    if site is None or origin is None or site.is_template or site.file != origin.file:
        return None
    asking = list(_calls_at(source, site))
    if len(asking) != 1 or len(hint.sites) > 1:
        return None
    row = _row_asked(asking[0], (hint.lookup or "").rpartition("__")[2])
    read = _value_read(source, asking[0])
    loop = _loop_of(source, asking[0], row.id) if row is not None else None
    if row is None or read is None or loop is None or not _goes_over(source, loop, built):
        return None
    return [Edit(source.start(read), source.end(read), f"{row.id}.{attribute}")]


def _calls_at(source: SourceFile, site: CallSite) -> Iterator[ast.Call]:
    """The call at a site. Python 3.11 names the loop that goes over its result instead."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and stands_at(node, site):
            yield node
        over = None
        if isinstance(node, ast.For):
            over = node.iter
        elif isinstance(node, _COMPREHENSIONS):
            over = node.generators[0].iter
        if isinstance(over, ast.Call) and spans(node, site):  # type: ignore[arg-type]
            yield over


def _row_asked(call: ast.Call, lookup: str) -> ast.Name | None:
    """The row in ``row.reviews.filter(...).order_by(...)``."""
    node: ast.expr = call
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    is_related = isinstance(node, ast.Attribute) and node.attr in (lookup, f"{lookup}_set")
    return node.value if is_related and isinstance(node.value, ast.Name) else None  # type: ignore[attr-defined]


def _value_read(source: SourceFile, call: ast.Call) -> ast.expr | None:
    """The expression that gives the value itself, or a list of objects."""
    assert isinstance(call.func, ast.Attribute)
    method, parent = call.func.attr, source.parents[call]
    if method in ("count", "exists"):
        return call
    if method == "aggregate":
        is_read = isinstance(parent, ast.Subscript) and parent.value is call
        return parent if is_read else None  # type: ignore[return-value]  # a Subscript
    is_iterated = isinstance(parent, ast.For | ast.comprehension) and parent.iter is call
    return call if is_iterated else None


def _loop_of(source: SourceFile, node: ast.AST, name: str) -> _Loop | None:
    """The innermost loop around that binds the name."""
    for outer in source.around(node):
        loops: list[_Loop] = []
        if isinstance(outer, _COMPREHENSIONS):
            loops = list(reversed(outer.generators))
        elif isinstance(outer, ast.For | ast.AsyncFor):
            loops = [outer]
        elif isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return None
        for loop in loops:
            if isinstance(loop.target, ast.Name) and loop.target.id == name:
                return loop
    return None


def _goes_over(source: SourceFile, loop: _Loop, built: ast.expr) -> bool:
    """Whether the loop goes over what ``built`` gives, also by a variable."""
    rows = _sliced(loop.iter)
    if not isinstance(rows, ast.Name):
        return rows is built
    function = next(source.functions_around(loop), None)
    if function is None or function is not next(source.functions_around(built), None):
        return False
    values = list(_values_of(function, rows.id))
    return len(values) == 1 and _sliced(values[0]) is built


def _sliced(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _values_of(function: ast.AST, name: str) -> Iterator[ast.expr]:
    """All that a variable may hold; of what is no plain assignment the variable itself."""
    plain: set[ast.expr] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            plain.add(node.targets[0])
            if ast.unparse(node.targets[0]) == name:
                yield node.value
        elif isinstance(node, ast.arg) and node.arg == name:
            yield ast.Name(name)
        elif isinstance(node, ast.Name) and node.id == name and node not in plain:
            yield from () if isinstance(node.ctx, ast.Load) else (node,)
