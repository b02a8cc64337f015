"""The expression of a line that asks each row for its related objects, as the source has it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.hints.patching.source import Edit, SourceFile, constant, spans, stands_at
from orm_insight.model.fix import Expression, Literal, Objects, Prefetch, Reading, walk
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query

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
    """Return whether a frame names the chain: one of its calls, or a call that it is passed to."""
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
    """The expression of the value: with the ``await`` before it, the slice or key after it."""
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
    """The values by lookup, without lookups that are named twice: which one counts is unknown."""
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
    """The steps of the calls, without ``all()`` and calls that take one of the objects."""
    steps: list[Step] = []
    for call in calls:
        method = _method(call).removeprefix("a") if _method(call) == "aget" else _method(call)
        if method in ("all", "first", "iterator"):
            continue
        arguments = [ast.unparse(argument) for argument in call.args]
        arguments += sorted(f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords)
        steps.append(("filter" if method == "get" else method, tuple(arguments)))
    return tuple(steps)


def steps_of_objects(objects: Objects) -> tuple[Step, ...]:
    """The same of the queryset of a fix."""
    return tuple(
        (
            call.name,
            (
                *(_shape_of(argument) for argument in call.arguments),
                *sorted(f"{k.name}={_shape_of(k.value)}" for k in call.keywords),
            ),
        )
        for call in objects.calls
        if call.name != "all"
    )


def _shape_of(value: Expression) -> str:
    """As ``ast.unparse()`` writes it."""
    if not isinstance(value, Literal):
        return value.code
    return repr(list(value.value) if isinstance(value.value, tuple) else value.value)


# -- the Prefetch that a queryset already has -----------------------------------------------------

_Placed: TypeAlias = ast.expr | ast.stmt
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})


def prefetched_already(
    source: SourceFile, hint: Hint, asking: Asking, queries: Iterable[Query]
) -> tuple[str, str] | None:
    """The attribute that holds what is asked for, and what follows it: ``newer_comments``, or
    ``comments`` and ``.all()``.

    The trace has to have a prefetch of these objects, and the statement that builds the queryset
    a ``Prefetch`` with the very conditions, as they stand there or in the fix.
    """
    if not _has_prefetch(hint, queries) or hint.origin is None:
        return None
    parts = walk(hint.change.change)
    own = (each.queryset for each in parts if isinstance(each, Prefetch))
    wanted = {asking.steps, *(steps_of_objects(objects) for objects in own if not objects.window)}
    scope = _scope_at(source, hint.origin.line)
    for call in _prefetches(_statement_at(scope, hint.origin.line)):
        if call.args and constant(call.args[0]) == hint.lookup and _steps(call, scope) in wanted:
            attribute = _attribute(call)
            relation = (hint.lookup or "").rpartition("__")[2]
            return (attribute, "") if attribute else (relation, ".all()")
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
    """The innermost statement: other prefetches of the scope belong to other querysets."""
    return _innermost(scope, line, (*_SCOPES, ast.stmt))


def _innermost(root: ast.AST, line: int, kinds: tuple[type[_Placed], ...]) -> ast.AST:
    around = [
        node
        for node in ast.walk(root)
        if isinstance(node, kinds) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    # The walk comes last to the inner one of those that begin on the same line.
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


# -- the line that asks each row ------------------------------------------------------------------

_Loop: TypeAlias = ast.For | ast.AsyncFor | ast.comprehension


def reading_edits(
    source: SourceFile, reading: Reading, origin: CallSite, built: ast.expr
) -> list[Edit] | None:
    """The second edit; ``None`` if other rows may come to that line.

    Rows of other querysets have no such attribute. So the line changes only if it stands in a loop
    over the very queryset that the fix changes.
    """
    site = reading.site
    if site is None or site.is_template or site.file != origin.file:
        return None
    asking = list(_calls_at(source, site))
    if len(asking) != 1:
        return None
    row = _row_asked(asking[0], reading.lookup)
    read = _value_read(source, asking[0])
    loop = _loop_of(source, asking[0], row.id) if row is not None else None
    if row is None or read is None or loop is None or not _goes_over(source, loop, built):
        return None
    return [Edit(source.start(read), source.end(read), f"{row.id}.{reading.attribute}")]


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
    """Return whether the loop goes over what ``built`` gives, also by a variable."""
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
