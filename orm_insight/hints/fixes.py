"""Several fixes of one queryset as one: one expression, and one diff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import TypeAlias, TypeVar

from orm_insight.model.fix import (
    NONE,
    Argument,
    Assignment,
    Block,
    Call,
    Calls,
    Change,
    ClassBody,
    Expression,
    Fix,
    Function,
    Literal,
    Objects,
    Prefetch,
    Return,
    Statement,
    naming,
    walk,
    with_calls,
)

_OF_PATHS = ("select_related", "prefetch_related")
# The order in which they are written; others come last, iterator() gives no queryset any more.
_METHODS = ("only", "defer", *_OF_PATHS, "annotate")
_Calls: TypeAlias = tuple[Call, ...]
_Value = TypeVar("_Value")


class _CannotBeOneError(Exception):
    """The fixes contradict each other, or are not about one queryset."""


def combine(fixes: Iterable[Fix]) -> Fix | None:
    """One fix that does what each of them does; ``None`` where no expression does all of it.

    An attribute that two of them want for different objects gets another name in the second one,
    and in its reading.
    """
    distinct = _with_distinct_names(_distinct(fixes))
    if len({fix.at for fix in distinct}) != 1:
        return None
    try:
        change = reduce(_both, (fix.change for fix in distinct))
    except _CannotBeOneError:
        return None
    return Fix(
        change=change,
        at=distinct[0].at,
        imports=_distinct(line for fix in distinct for line in fix.imports),
        readings=_distinct(reading for fix in distinct for reading in fix.readings),
        conditions=_distinct(condition for fix in distinct for condition in fix.conditions),
    )


def _both(one: Change | None, other: Change | None) -> Change:
    if isinstance(one, Calls) and isinstance(other, Calls):
        return Calls(_calls(one.calls, other.calls))
    if isinstance(one, ClassBody) and isinstance(other, ClassBody) and one.method == other.method:
        return replace(one, statements=_statements(one.statements, other.statements))
    if isinstance(one, Argument) and isinstance(other, Argument) and one.name == other.name:
        return replace(one, queryset=_objects(one.queryset, other.queryset))
    if one is None or one != other:
        raise _CannotBeOneError
    return one


def _distinct(values: Iterable[_Value]) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys(values))


# -- names ----------------------------------------------------------------------------------------


def _with_distinct_names(fixes: Sequence[Fix]) -> list[Fix]:
    """Other attributes where an earlier fix gives theirs another value."""
    taken: dict[str, Expression] = {}
    renamed = []
    for fix in fixes:
        own = fix.definitions
        clashing = [name for name, value in own.items() if taken.get(name, value) != value]
        names = {name: free_name(name, {*taken, *own}) for name in clashing}
        taken |= {names.get(name, name): value for name, value in own.items()}
        renamed.append(with_attributes(fix, names))
    return renamed


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name itself, or with the first number that makes it another one."""
    names = {*taken}
    numbers = (f"{name}_{number}" for number in range(2, len(names) + 3))
    return next((each for each in (name, *numbers) if each not in names), name)


def with_attributes(fix: Fix, names: Mapping[str, str]) -> Fix:
    """The fix with other names for what the rows have after it."""
    readings = (replace(r, attribute=names.get(r.attribute, r.attribute)) for r in fix.readings)
    change = with_calls(fix.change, lambda calls: tuple(_named(call, names) for call in calls))
    return replace(fix, change=change, readings=tuple(readings))


def _named(call: Call, names: Mapping[str, str]) -> Call:
    if call.name == "annotate":
        keywords = (replace(k, name=names.get(k.name, k.name)) for k in call.keywords)
        return replace(call, keywords=tuple(keywords))
    return replace(
        call,
        arguments=tuple(
            replace(each, attribute=names.get(each.attribute, each.attribute))
            if isinstance(each, Prefetch)
            else each
            for each in call.arguments
        ),
    )


# -- calls on a queryset --------------------------------------------------------------------------


def _calls(one: _Calls, other: _Calls) -> _Calls:
    """Put resets first, then each method once, and the call that ends the chain last."""
    both = (*one, *other)
    names = [name for name in _METHODS if any(call.name == name for call in both)]
    resets = [Call(name, (NONE,)) for name in names if _is_reset(name, both)]
    merged = {
        name: _annotate(both) if name == "annotate" else _naming(name, one, other) for name in names
    }
    _load_keys(merged)
    rest = _distinct(call for call in both if call.name not in _METHODS)
    if len({call.name for call in rest}) < len(rest):
        raise _CannotBeOneError
    ends = sorted(rest, key=lambda call: call.name == "iterator")
    named = (call for call in merged.values() if call.arguments or call.keywords)
    return (*resets, *named, *ends)


def _is_reset(name: str, calls: _Calls) -> bool:
    return any(call.name == name and call.is_reset for call in calls)


def _naming(name: str, *groups: _Calls) -> Call:
    """All that both name; where both take back what was said before, what is left in both."""
    given = [
        tuple(each for c in calls if c.name == name and not c.is_reset for each in c.arguments)
        for calls in groups
    ]
    arguments = _distinct(each for group in given for each in group)
    if all(_is_reset(name, calls) for calls in groups):
        arguments = tuple(each for each in given[0] if each in given[1])
    texts = Call(name, arguments).texts
    prefetches = _prefetches(each for each in arguments if isinstance(each, Prefetch))
    own = {each.lookup for each in prefetches if not each.attribute}
    paths = without_beginnings(texts) if name in _OF_PATHS else texts
    return Call(name, (*prefetches, *(Literal(path) for path in paths if path not in own)))


def without_beginnings(lookups: Iterable[str]) -> list[str]:
    """Without paths that others begin with: ``author`` is part of ``author__country``."""
    distinct = dict.fromkeys(lookups)
    return [
        lookup
        for lookup in distinct
        if not any(other.startswith(f"{lookup}__") for other in distinct)
    ]


def _prefetches(given: Iterable[Prefetch]) -> list[Prefetch]:
    """A queryset of a relation's own stands before the lookups that go through this relation."""
    kept: dict[tuple[str, str], Prefetch] = {}
    for each in given:
        key = (each.lookup, each.attribute)
        known = kept.get(key, each)
        kept[key] = replace(each, queryset=_objects(known.queryset, each.queryset))
    return sorted(kept.values(), key=lambda each: each.lookup.count("__"))


def _objects(one: Objects, other: Objects) -> Objects:
    """Join querysets that load the same rows: a condition of one alone would leave rows out."""
    narrowing, calls = [], []
    for objects in (one, other):
        narrowing.append([call for call in objects.calls if call.name not in _METHODS])
        calls.append(tuple(call for call in objects.calls if call.name in _METHODS))
    if (one.base, one.window, narrowing[0]) != (other.base, other.window, narrowing[1]):
        raise _CannotBeOneError
    return replace(one, calls=(*narrowing[0], *_calls(*calls)))


def _annotate(calls: _Calls) -> Call:
    """Two joins side by side multiply rows, which a sum or a plain count cannot bear."""
    keywords = _distinct(
        each for call in calls if call.name == "annotate" for each in call.keywords
    )
    joins = [each for each in walk(keywords) if isinstance(each, Function) and each.joins]
    if len({each.joins for each in joins}) > 1 and any(each.is_multiplied for each in joins):
        raise _CannotBeOneError
    return Call("annotate", keywords=keywords)


def _load_keys(calls: dict[str, Call]) -> None:
    """A relation cannot be joined by a key that ``only()`` or ``defer()`` leaves out."""
    joined = calls.get("select_related", Call("select_related")).texts
    keys = dict.fromkeys(path.partition("__")[0] for path in joined)
    if "only" in calls:
        loaded = calls["only"].texts
        there = {path.partition("__")[0] for path in loaded}
        calls["only"] = naming("only", *loaded, *(key for key in keys if key not in there))
    if "defer" in calls:
        calls["defer"] = naming("defer", *(t for t in calls["defer"].texts if t not in keys))


# -- statements of a class ------------------------------------------------------------------------


def _statements(one: tuple[Statement, ...], other: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Both in order; what stands in both is written once."""
    merged = list(one)
    after = len(merged)
    for statement in other:
        same = next((n for n, known in enumerate(merged) if _key(known) == _key(statement)), None)
        if same is None:
            merged.insert(after, statement)
            after += 1
        else:
            merged[same] = _statement(merged[same], statement)
            after = same + 1
    return tuple(merged)


def _key(statement: Statement) -> str:
    if isinstance(statement, Block):
        return statement.head
    if isinstance(statement, Assignment):
        return statement.target
    return "return" if isinstance(statement, Return) else statement.code


def _statement(one: Statement, other: Statement) -> Statement:
    if isinstance(one, Block) and isinstance(other, Block):
        return replace(one, body=_statements(one.body, other.body))
    if isinstance(one, Assignment | Return) and isinstance(other, Assignment | Return):
        return replace(one, value=_value(one.value, other.value))
    return one


def _value(one: Expression, other: Expression) -> Expression:
    if isinstance(one, Objects) and isinstance(other, Objects):
        return _objects(one, other)
    listed = [each.value for each in (one, other) if isinstance(each, Literal)]
    names = [name for names in listed if isinstance(names, tuple) for name in names]
    if names:  # False asks for nothing
        return Literal(tuple(without_beginnings(names)))
    if one != other:
        raise _CannotBeOneError
    return one
