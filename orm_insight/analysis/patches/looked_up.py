"""Single objects looked up in a loop: what loads all of them before it, in the source's words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from orm_insight.analysis.patches.asking import Asking, asking_at
from orm_insight.analysis.patches.scopes import free_names, lines_that_bind
from orm_insight.analysis.patches.source import SourceFile
from orm_insight.model.hint import Hint
from orm_insight.model.schema import ModelFacts

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_STAND_FOR_VALUES = frozenset({"ids", "values"})
# What can be gone over twice.
_COLLECTIONS = (ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp)
_CONDITIONS = frozenset({"filter", "get", "first", "exists"})
_MAKE_COLLECTIONS = frozenset({"list", "tuple", "set", "frozenset", "sorted", "range"})
_UNKNOWN = " Its other conditions belong into that one as well."
_Loop: TypeAlias = ast.For | ast.comprehension


def loaded_before(hint: Hint, source: SourceFile | None, facts: ModelFacts | None) -> Hint:
    """With the loop's own values; where these cannot be told, it is said what stands for them."""
    found = None if source is None or facts is None else _loaded_before(hint, source, facts)
    if found is not None:
        return found
    name = next(iter(_names_in(hint.fix)), None)
    if name is None:
        return hint
    told = f" In the code, {name} are the values that the loop looks up."
    return replace(hint, message=hint.message + told, certain=False)


def _loaded_before(hint: Hint, source: SourceFile, facts: ModelFacts) -> Hint | None:
    if hint.site is None or len(hint.sites) > 1:
        return None
    asking = asking_at(source, hint.site, {*_MANAGERS, facts.manager})
    if asking is None or any(step.startswith("values") for step, _ in asking.steps):
        return None
    value = _value(hint, asking, facts)
    loop = None if value is None else _loop_around(source, value)
    if value is None or loop is None or not _is_collection(source, loop.iter):
        return None
    if not _are_plain(asking) or not (conditions := _others(source, asking, value, loop)):
        return None
    method, values = asking.method.removeprefix("a"), _values(source, value, loop)
    code = _code(hint, asking, values, conditions[0])
    if code is None or ("in_bulk(" not in hint.fix and method != "exists"):
        return replace(hint, fix=code) if code else None  # several objects for each value
    name = f"{facts.name.lower()}_by_{hint.lookup}"
    return replace(
        hint,
        fix=f"{name} = {code}",
        instead=_reading(name, source.of(value), method),
        replaces=asking.text,
        message=hint.message.replace(_UNKNOWN, "") + _difference(method),
        certain=True,
    )


def _difference(method: str) -> str:
    return " What is missing raises KeyError there, not DoesNotExist." if method == "get" else ""


def _reading(name: str, value: str, method: str) -> str:
    if method == "exists":
        return f"{value} in {name}"
    return f"{name}.get({value})" if method == "first" else f"{name}[{value}]"


def _value(hint: Hint, asking: Asking, facts: ModelFacts) -> ast.expr | None:
    names = {hint.lookup, facts.pk} if hint.lookup == "pk" else {hint.lookup}
    found = [node for name, node in asking.conditions.items() if name in names]
    return found[0] if len(found) == 1 else None


def _loop_around(source: SourceFile, value: ast.expr) -> _Loop | None:
    """The innermost loop that gives the value, and all of it."""
    wanted = free_names(value)
    for outer in source.around(value):
        loop: _Loop | None = outer if isinstance(outer, ast.For) else None
        generators: list[ast.comprehension] = getattr(outer, "generators", [])
        if len(generators) == 1 and not generators[0].is_async:
            loop = generators[0]
        if loop is not None and wanted & free_names(loop.target):
            is_all = wanted <= free_names(loop.target)
            return loop if is_all and _keeps_its_variable(source, loop, wanted) else None
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return None
    return None


def _keeps_its_variable(source: SourceFile, loop: _Loop, names: set[str]) -> bool:
    """Whether nothing but the loop gives its variable a value."""
    if isinstance(loop, ast.comprehension):
        return True
    scope = next(source.functions_around(loop), source.tree)
    return all(len(lines_that_bind(scope, name)) == 1 for name in names)


def _is_collection(source: SourceFile, node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        values = list(_values_of(source, node))
        return len(values) == 1 and _is_collection(source, values[0])
    is_made = isinstance(node, ast.Call) and getattr(node.func, "id", "") in _MAKE_COLLECTIONS
    return is_made or isinstance(node, _COLLECTIONS)


def _values_of(source: SourceFile, name: ast.Name) -> Iterator[ast.expr]:
    """What the innermost scope that knows a variable gives it, if these are plain assignments."""
    for scope in (*source.functions_around(name), source.tree):
        lines = lines_that_bind(scope, name.id)
        if not lines:
            continue
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and len(lines) == 1:
                is_plain = ast.unparse(node.targets[0]) == name.id
                yield from (node.value,) if is_plain else ()
        return


def _values(source: SourceFile, value: ast.expr, loop: _Loop) -> str:
    over, target = source.of(loop.iter), source.of(loop.target)
    return over if source.of(value) == target else f"[{source.of(value)} for {target} in {over}]"


def _beginning(asking: Asking) -> str:
    """The queryset before its conditions: ``Post.objects.select_related("author")``."""
    text = asking.text.removeprefix("await ")
    node: ast.expr = ast.parse(f"({text})", mode="eval").body
    beginning: ast.expr = node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_condition = node.func.attr.removeprefix("a") in _CONDITIONS
        node = node.func.value
        beginning = node if is_condition else beginning
    return ast.get_source_segment(f"({text})", beginning) or ""


def _are_plain(asking: Asking) -> bool:
    """Whether nothing but conditions by name stands behind the beginning of the queryset."""
    names = [method.removeprefix("a") for method, _ in asking.steps]
    first = names.index("filter") if "filter" in names else len(names)
    behind = asking.steps[first:]
    arguments = [argument for _, given in behind for argument in given]
    is_named = all("=" in argument.partition("(")[0] for argument in arguments)
    is_read = len(arguments) == len(asking.conditions)
    return is_named and is_read and {*names[first:]} <= {"filter", "exists"}


def _others(
    source: SourceFile, asking: Asking, value: ast.expr, loop: _Loop
) -> tuple[list[str]] | None:
    """The other conditions; ``None`` where one differs from round to round."""
    others = {name: node for name, node in asking.conditions.items() if node is not value}
    if any(free_names(node) & free_names(loop.target) for node in others.values()):
        return None
    return ([f"{name}={source.of(node)}" for name, node in others.items()],)


def _code(hint: Hint, asking: Asking, values: str, others: list[str]) -> str | None:
    """The objects of all values; ``None`` for an asynchronous question, which is longer."""
    beginning, field = _beginning(asking), hint.lookup
    if asking.method == "aexists":
        return None
    if "in_bulk(" not in hint.fix:
        found = f"{beginning}.filter({', '.join([f'{field}__in={values}', *others])})"
        is_question = asking.method == "exists"
        return f'set({found}.values_list("{field}", flat=True))' if is_question else found
    objects = f"{beginning}.filter({', '.join(others)})" if others else beginning
    named = "" if field == "pk" else f', field_name="{field}"'
    is_async = asking.text.startswith("await ")
    return f"{'await ' * is_async}{objects}.{'a' * is_async}in_bulk({values}{named})"


def _names_in(fix: str) -> Iterator[str]:
    try:
        tree = ast.parse(fix)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _STAND_FOR_VALUES:
            yield node.id
