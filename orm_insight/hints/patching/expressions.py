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

from orm_insight.analysis.related_queries import taking
from orm_insight.hints.fixes import free_name, with_attributes
from orm_insight.hints.patching.call_sites import (
    Asking,
    asking_at,
    asking_in_template,
    attributes_at,
    prefetched_already,
)
from orm_insight.hints.patching.chains import modules_of
from orm_insight.hints.patching.classes import class_site
from orm_insight.hints.patching.imports import import_lines
from orm_insight.hints.patching.source import (
    SourceFile,
    free_names,
    lines_that_bind,
    means_the_same,
)
from orm_insight.model.fix import (
    BeforeLoop,
    Code,
    Fix,
    Form,
    Keyword,
    Literal,
    MetaIndex,
    Need,
    Objects,
    Prefetch,
    Reading,
    rebuilt,
    walk,
)
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.schema import ModelFacts, Schema
from orm_insight.model.trace import Query

_GIVE_OTHERS = frozenset(
    ["values", "values_list", "dates", "datetimes", "in_bulk", "ain_bulk", "contains", "acontains"]
)


class ReadText(Protocol):
    """The text of a file as it was when the trace was recorded, or as it is ``now``; ``None``
    where there is none. Never raises."""

    def __call__(self, file: str, *, now: bool = False) -> str | None: ...


def no_text(file: str, *, now: bool = False) -> str | None:
    """Serve callers that read no source."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sources of a hint's words: the files, the models and the statements of the trace."""

    read: ReadText
    schema: Schema
    queries: Sequence[Query]


def in_own_words(hint: Hint, words: Words) -> Hint:
    """The hint with all that its source adds to it."""
    change = hint.change.change
    if isinstance(change, MetaIndex):
        return _with_model(hint, words)
    if isinstance(change, BeforeLoop):
        facts = words.schema.models.get(hint.model or "")
        hint = loaded_before(hint, change, _source(hint.site, words), facts)
    elif hint.change.attributes:
        asking = _asking(hint, words)
        there = _prefetched(hint, asking, words) if asking is not None else None
        if there is not None:
            return there
        if asking is not None:
            hint = _with_reading(_with_free_name(hint, words), asking)
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
    source, names = _source(hint.origin, words), hint.change.attributes
    if source is None or hint.origin is None or not _is_list(hint) or len(names) != 1:
        return hint
    free = free_name(names[0], attributes_at(source, hint.origin.line))
    if free == names[0]:
        return hint
    message = re.sub(rf"\b{names[0]}\b", free, hint.message)
    return replace(hint, change=with_attributes(hint.change, {names[0]: free}), message=message)


def _is_list(hint: Hint) -> bool:
    """The rows have a list of objects after the fix, and not an answer of the database."""
    return any(isinstance(part, Prefetch) for part in walk(hint.change.change))


def _with_reading(hint: Hint, asking: Asking) -> Hint:
    """The hint with the text at the call site, and its replacement."""
    if len(hint.change.readings) != 1:
        return hint
    if _GIVE_OTHERS & {
        asking.method,
        *(method for method, _ in asking.steps),
    }:  # a list of objects does not stand for that
        return replace(hint, change=replace(hint.change, readings=()))
    begin, end = ("", "")
    if _is_list(hint) and asking.is_template:
        end = ".0" if asking.method in ("first", "last", "get") else ""
    elif _is_list(hint):
        begin, end = taking(asking.method)
    if asking.is_asynchronous:
        hint = replace(
            hint, message=f"{hint.message} A list comprehension over it must not be async."
        )
    [known] = hint.change.readings
    reading = replace(known, row=asking.row, begin=begin, end=end, replaces=asking.text)
    return replace(hint, change=replace(hint.change, readings=(reading,)))


# -- values ---------------------------------------------------------------------------------------


def _with_expressions(hint: Hint, asking: Asking | None, words: Words) -> Hint:
    """The code's own expression for each value; words where it cannot be moved or read."""
    own: dict[Keyword, Code] = {}
    kept, unread = [], []
    for keyword in _recorded(hint):
        found = _expression(keyword.name, asking)
        if found is None:
            unread.append(keyword)
        elif _may_move(found, hint, words):
            own[keyword] = Code(_text(found, hint, words), frozenset(free_names(found)))
        else:
            kept.append(f"{keyword.name}={_text(found, hint, words)}")
    if kept or any("datetime" in keyword.names for keyword in unread):
        return _in_words(hint, kept)
    change = rebuilt(hint.change.change, lambda part: _with_value(part, own))
    fix = replace(hint.change, change=change)
    return replace(
        hint, change=fix.given(Need.VALUES_OF_SOURCE, is_known=not unread, note=_OF_TRACE)
    )


_OF_TRACE = "Its values are those of this trace: if your code computes them, keep the expression."


def _recorded(hint: Hint) -> list[Keyword]:
    """The conditions of a fix whose values a statement has told."""
    parts = walk(hint.change.change)
    keywords = (part for part in parts if isinstance(part, Keyword))
    return [k for k in keywords if isinstance(k.value, Literal) and k.value.is_recorded]


def _with_value(part: object, own: dict[Keyword, Code]) -> object:
    found = own.get(part) if isinstance(part, Keyword) else None
    return part if found is None or not isinstance(part, Keyword) else replace(part, value=found)


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
    told = "It compares with a time, and the query shows only the time of this trace."
    if kept:
        told = f"Its condition {', '.join(kept)} is computed at the call site: compute it "
        told += "where the queryset is built."
    fix = hint.change.given(Need.VALUES_AT_ORIGIN, is_known=False, note=told)
    return replace(hint, change=replace(fix, change=None))


# -- what is there already ------------------------------------------------------------------------


def _prefetched(hint: Hint, asking: Asking, words: Words) -> Hint | None:
    """The queryset has just these objects: only the line that asks has to change."""
    source = _source(hint.origin, words)
    if source is None or hint.origin is None or not _is_list(hint):
        return None
    found = prefetched_already(source, hint, asking, words.queries)
    if found is None:
        return None
    attribute, suffix = found
    begin, end = taking(asking.method)
    reading = Reading(attribute=attribute, row=asking.row, begin=begin, end=suffix + end)
    saving = Saving(len(hint.queries), sum(query.duration_ms for query in hint.queries))
    return replace(
        hint,
        message=(
            f"{hint.happens} The queryset has already prefetched them as {asking.row}.{attribute}, "
            f"but the line still calls .{asking.method}(): read {asking.row}.{attribute} there "
            "instead."
        ),
        change=Fix(at=hint.change.at, readings=(replace(reading, replaces=asking.text),)),
        saving=saving,
    )


# -- imports and models ---------------------------------------------------------------------------


def _with_imports(hint: Hint, words: Words) -> Hint:
    origin = hint.origin
    if hint.change.change is None or origin is None or origin.is_template:
        return hint
    source, modules = _source(origin, words), modules_of(words.schema)
    lines = import_lines(source, origin.line, hint.change.names, modules)
    return replace(hint, change=replace(hint.change, imports=lines))


def _with_model(hint: Hint, words: Words) -> Hint:
    """The class that gets the index, where it is one of the application's."""
    facts = words.schema.models.get(hint.model or "")
    text = words.read(facts.file, now=True) if facts is not None and facts.file else None
    if facts is None or text is None:
        return hint
    missing = tuple(line for line in hint.imports if line not in text.splitlines())
    at = class_site(facts.file, facts.name, text)
    return replace(hint, change=replace(hint.change, at=at, imports=missing))


# -- single objects looked up in a loop -----------------------------------------------------------

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
# Expressions that can be iterated twice.
_COLLECTIONS = (ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp)
_CONDITIONS = frozenset({"filter", "get", "first", "exists"})
_MAKE_COLLECTIONS = frozenset({"list", "tuple", "set", "frozenset", "sorted", "range"})
_Loop: TypeAlias = ast.For | ast.comprehension


def loaded_before(
    hint: Hint, change: BeforeLoop, source: SourceFile | None, facts: ModelFacts | None
) -> Hint:
    """With the loop's own values; where these cannot be told, it is said what stands for them."""
    found = None if source is None or facts is None else _loaded_before(hint, change, source, facts)
    if found is not None:
        return found
    told = f"In the code, {change.values.code} stands for the values that the loop looks up."
    fix = hint.change.given(Need.VALUES_OF_LOOP, is_known=False, note=told)
    return replace(hint, change=fix)


def _loaded_before(
    hint: Hint, change: BeforeLoop, source: SourceFile, facts: ModelFacts
) -> Hint | None:
    if hint.site is None or len(hint.sites) > 1:
        return None
    asking = asking_at(source, hint.site, {*_MANAGERS, facts.manager})
    if asking is None or any(step.startswith("values") for step, _ in asking.steps):
        return None
    value = _value(hint, asking, facts)
    loop = None if value is None else _loop_around(source, value)
    if value is None or loop is None or not _is_collection(source, loop.iter):
        return None
    conditions = _others(source, asking, value, loop) if _are_plain(asking) else None
    if conditions is None or asking.method == "aexists":  # the asynchronous one is longer
        return None
    before = replace(
        change,
        objects=Objects(_beginning(asking)),
        values=_looked_up_values(source, value, loop),
        conditions=conditions,
        is_async=asking.text.startswith("await ") and change.how is Form.DICTIONARY,
    )
    if change.how is Form.OBJECTS:  # several for each value
        return replace(hint, change=replace(hint.change, change=before))
    variable, method = f"{facts.name.lower()}_by_{hint.lookup}", asking.method.removeprefix("a")
    reading = replace(_reading(variable, source.of(value), method), replaces=asking.text)
    known = tuple(replace(each, is_known=True) for each in hint.change.conditions)
    fix = replace(
        hint.change,
        change=replace(before, variable=variable),
        readings=(reading,),
        conditions=known,
    ).given(Need.VALUES_OF_LOOP, is_known=True)
    return replace(hint, change=fix, message=hint.message + _difference(method))


def _difference(method: str) -> str:
    return " A missing object raises KeyError there, not DoesNotExist." if method == "get" else ""


def _reading(name: str, value: str, method: str) -> Reading:
    if method == "exists":
        return Reading(attribute=name, begin=f"{value} in ")
    return Reading(attribute=name, end=f".get({value})" if method == "first" else f"[{value}]")


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
    """Return whether nothing but the loop gives its variable a value."""
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
    """The values of a variable in the innermost scope that knows it, if plainly assigned."""
    for scope in (*source.functions_around(name), source.tree):
        lines = lines_that_bind(scope, name.id)
        if not lines:
            continue
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and len(lines) == 1:
                is_plain = ast.unparse(node.targets[0]) == name.id
                yield from (node.value,) if is_plain else ()
        return


def _looked_up_values(source: SourceFile, value: ast.expr, loop: _Loop) -> Code:
    over, target = source.of(loop.iter), source.of(loop.target)
    names = frozenset(free_names(loop.iter))
    if source.of(value) == target:
        return Code(over, names)
    names |= free_names(value) - free_names(loop.target)
    return Code(f"[{source.of(value)} for {target} in {over}]", names)


def _beginning(asking: Asking) -> Code:
    """The queryset before its conditions: ``Post.objects.select_related("author")``."""
    text = asking.text.removeprefix("await ")
    node: ast.expr = ast.parse(f"({text})", mode="eval").body
    beginning: ast.expr = node
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_condition = node.func.attr.removeprefix("a") in _CONDITIONS
        node = node.func.value
        beginning = node if is_condition else beginning
    code = ast.get_source_segment(f"({text})", beginning) or ""
    return Code(code, frozenset(free_names(beginning)))


def _are_plain(asking: Asking) -> bool:
    """Return whether only conditions by name come after the beginning of the queryset."""
    names = [method.removeprefix("a") for method, _ in asking.steps]
    first = names.index("filter") if "filter" in names else len(names)
    behind = asking.steps[first:]
    arguments = [argument for _, given in behind for argument in given]
    is_named = all("=" in argument.partition("(")[0] for argument in arguments)
    is_read = len(arguments) == len(asking.conditions)
    return is_named and is_read and {*names[first:]} <= {"filter", "exists"}


def _others(
    source: SourceFile, asking: Asking, value: ast.expr, loop: _Loop
) -> tuple[Keyword, ...] | None:
    """The other conditions; ``None`` where one differs from round to round."""
    others = {name: node for name, node in asking.conditions.items() if node is not value}
    if any(free_names(node) & free_names(loop.target) for node in others.values()):
        return None
    return tuple(
        Keyword(name, Code(source.of(node), frozenset(free_names(node))))
        for name, node in others.items()
    )
