"""A hint in the words of the source: its expressions for values, and what the asking line reads.

A statement tells values: those of one request. The code may have an expression for each, a date
that is computed anew, say. Pure: the source comes in as text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol, TypeAlias

from orm_insight.analysis.related_queries import one_of
from orm_insight.hints.fixes import names_in
from orm_insight.hints.patching.call_sites import (
    Asking,
    asking_at,
    asking_in_template,
    attributes_at,
    new_attributes,
    prefetched_already,
)
from orm_insight.hints.patching.chains import modules_of
from orm_insight.hints.patching.classes import class_site
from orm_insight.hints.patching.imports import import_lines
from orm_insight.hints.patching.source import (
    Edit,
    SourceFile,
    free_names,
    lines_that_bind,
    means_the_same,
)
from orm_insight.model.catalogue import Target, rule_of
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.schema import ModelFacts, Schema
from orm_insight.model.trace import Query

_GIVE_OTHERS = frozenset(
    ["values", "values_list", "dates", "datetimes", "in_bulk", "ain_bulk", "contains", "acontains"]
)
_TIMES = "datetime."


class ReadText(Protocol):
    """The text of a file as it was when the trace was recorded, or as it is ``now``; ``None``
    where there is none. Never raises."""

    def __call__(self, file: str, *, now: bool = False) -> str | None: ...


def no_text(file: str, *, now: bool = False) -> str | None:
    """For who does not read source."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What hints are said with: the sources, the models and the statements of the trace."""

    read: ReadText
    schema: Schema
    queries: Sequence[Query]


def in_own_words(hint: Hint, words: Words) -> Hint:
    """The hint with all that its source adds to it."""
    rule = rule_of(hint.code)
    if not hint.fix or rule is None:
        return hint
    if rule.target is Target.MODEL:
        return _with_model(hint, words)
    if rule.target is Target.LOOP:
        facts = words.schema.models.get(hint.model or "")
        hint = loaded_before(hint, _source(hint.site, words), facts)
    asking = _asking(hint, words) if rule.has_reading else None
    if asking is not None:
        there = _prefetched(hint, asking, words)
        if there is not None:
            return there
        hint = _with_reading(_with_free_name(hint, words), asking)
    if rule.has_reading:
        hint = _with_expressions(hint, asking, words)
    return _with_imports(hint, words)


@lru_cache(maxsize=16)
def _parsed(text: str) -> SourceFile | None:
    try:
        return SourceFile(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _source(site: CallSite | None, words: Words) -> SourceFile | None:
    if site is None or site.is_template:
        return None
    text = words.read(site.file)
    return None if text is None else _parsed(text)


def _asking(hint: Hint, words: Words) -> Asking | None:
    site = hint.site
    if site is None or len(hint.sites) > 1:
        return None
    name = (hint.lookup or "").rpartition("__")[2]
    names = {name, f"{name}_set"}
    if site.is_template:
        lines = (words.read(site.file) or "").split("\n")
        return asking_in_template(lines[site.line - 1], names) if site.line <= len(lines) else None
    source = _source(site, words)
    return None if source is None else asking_at(source, site, names)


def _with_free_name(hint: Hint, words: Words) -> Hint:
    """Another attribute where a prefetch of the same queryset has this one."""
    source, names = _source(hint.origin, words), new_attributes(hint.fix)
    if source is None or hint.origin is None or "Prefetch(" not in hint.fix or len(names) != 1:
        return hint
    taken = attributes_at(source, hint.origin.line)
    name, free = names[0], names[0]
    for number in range(2, len(taken) + 3):
        if free not in taken:
            break
        free = f"{name}_{number}"

    def renamed(text: str) -> str:
        return re.sub(rf"\b{name}\b", free, text)

    return replace(
        hint,
        fix=renamed(hint.fix),
        message=renamed(hint.message),
        instead=renamed(hint.instead),
    )


def _with_reading(hint: Hint, asking: Asking) -> Hint:
    """What is written there, and what to write for it."""
    names = new_attributes(hint.fix)
    if len(names) != 1:
        return hint
    if _GIVE_OTHERS & {
        asking.method,
        *(method for method, _ in asking.steps),
    }:  # a list of objects does not stand for that
        return replace(hint, instead="")
    objects = f"{asking.row}.{names[0]}"
    is_list = "Prefetch(" in hint.fix
    if asking.is_template:
        one = is_list and asking.method in ("first", "last", "get")
        return replace(hint, instead=f"{objects}.0" if one else objects, replaces=asking.text)
    if asking.is_asynchronous:
        hint = replace(hint, message=f"{hint.message} A list takes no async in front of its for.")
    instead = one_of(objects, asking.method) if is_list else objects
    return replace(hint, instead=instead, replaces=asking.text)


# -- values ---------------------------------------------------------------------------------------


def _with_expressions(hint: Hint, asking: Asking | None, words: Words) -> Hint:
    """The code's own expression for each value; words where it cannot be moved or read."""
    fix = _parsed(hint.fix)
    values = list(_values(fix)) if fix is not None else []
    if fix is None or not values:
        return hint
    edits: list[Edit] = []
    kept, unread = [], []
    for lookup, node in values:
        found = _expression(lookup, asking)
        if found is None:
            unread.append((lookup, node))
        elif _may_move(found, hint, words):
            edits.append(Edit(fix.start(node), fix.end(node), _text(found, hint, words)))
        else:
            kept.append(f"{lookup}={_text(found, hint, words)}")
    if kept or any(_TIMES in ast.unparse(node) for _, node in unread):
        return _in_words(hint, kept)
    fixed = replace(hint, fix=fix.changed(edits))
    if not unread:
        return fixed
    note = " The values in it are those of this trace: where the code computes them, keep that."
    return replace(fixed, message=hint.message + note, certain=False)


def _values(fix: SourceFile) -> Iterator[tuple[str, ast.expr]]:
    """The conditions of a fix that the application has written, and their values."""
    for node in ast.walk(fix.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".filter", "Q")):
            for keyword in node.keywords:
                is_literal = "OuterRef" not in ast.unparse(keyword.value)
                if keyword.arg is not None and is_literal and not _is_truth(keyword.value):
                    yield keyword.arg, keyword.value


def _is_truth(node: ast.expr) -> bool:
    """What the ORM writes into the statement itself is no parameter."""
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _expression(lookup: str, asking: Asking | None) -> ast.expr | None:
    """Over a join the lookup begins with the name of the relation."""
    given = asking.conditions if asking is not None else {}
    found = [given[name] for name in given if lookup == name or lookup.endswith(f"__{name}")]
    return found[0] if len(found) == 1 else given.get(lookup)


def _may_move(node: ast.expr, hint: Hint, words: Words) -> bool:
    if not free_names(node):
        return not any(isinstance(each, ast.Await) for each in ast.walk(node))
    site, origin = hint.site, hint.origin
    source = _source(site, words)
    if source is None or site is None or origin is None or site.file != origin.file:
        return False
    return means_the_same(source, node, origin.line)


def _text(node: ast.expr, hint: Hint, words: Words) -> str:
    source = _source(hint.site, words)
    return ast.unparse(node) if source is None else source.of(node)


def _in_words(hint: Hint, kept: list[str]) -> Hint:
    """The value of one request is no code to be pasted."""
    told = f" Its condition {', '.join(kept)} is computed" if kept else " Its values are computed"
    told += " at the line that fires: compute it where the queryset is built."
    if not kept:
        told = " It compares with a time, which the statement tells for this trace alone."
    return replace(hint, fix="", certain=False, message=hint.message + told)


# -- what is there already ------------------------------------------------------------------------


def _prefetched(hint: Hint, asking: Asking, words: Words) -> Hint | None:
    """The queryset has just these objects: only the line that asks has to change."""
    source = _source(hint.origin, words)
    if source is None or hint.origin is None or "Prefetch(" not in hint.fix:
        return None
    found = prefetched_already(source, hint, asking, words.queries)
    if found is None:
        return None
    objects = f"{asking.row}.{found}"
    name = f"{asking.row}.{found}".removesuffix(".all()")
    saving = Saving(len(hint.queries), sum(query.duration_ms for query in hint.queries))
    return replace(
        hint,
        message=(
            f"{hint.happens} The queryset has prefetched them as {name} already, and the line "
            f"still calls .{asking.method}(): read that there."
        ),
        fix="",
        instead=one_of(objects, asking.method),
        replaces=asking.text,
        saving=saving,
        certain=True,
    )


# -- imports and models ---------------------------------------------------------------------------


def _with_imports(hint: Hint, words: Words) -> Hint:
    origin = hint.origin
    if not hint.fix or origin is None or origin.is_template:
        return hint
    source, modules = _source(origin, words), modules_of(words.schema)
    lines = import_lines(source, origin.line, names_in(hint.fix), modules)
    return replace(hint, imports=lines)


def _with_model(hint: Hint, words: Words) -> Hint:
    """The class that gets the index, where it is one of the application's."""
    facts = words.schema.models.get(hint.model or "")
    text = words.read(facts.file, now=True) if facts is not None and facts.file else None
    if facts is None or text is None:
        return hint
    missing = tuple(line for line in hint.imports if line not in text.splitlines())
    return replace(hint, model_site=class_site(facts.file, facts.name, text), imports=missing)


# Single objects looked up in a loop: what loads all of them before it, in the source's words.

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
    method, values = asking.method.removeprefix("a"), _looked_up_values(source, value, loop)
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


def _looked_up_values(source: SourceFile, value: ast.expr, loop: _Loop) -> str:
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
