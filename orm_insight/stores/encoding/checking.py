"""Whether a trace is made of what its types say: what came from outside is believed only then.

A store reads what this package has written. A file may be written by anybody: a text where a
number belongs would break a page long after it was let in. Knows nothing of how a trace is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from math import isfinite
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from psycopg.types.json import Json, Jsonb

from orm_insight.model.querylog import QueryLog
from orm_insight.model.surroundings import SpanReference
from orm_insight.model.trace import Construction, Stack, Trace
from orm_insight.model.usage import ResultUse

_MAX_INT = 2**63
_MAX_MS = 1e12
_MAX_DEPTH = 100
_YEARS = range(1980, 9000)
_MAY_BE_NEGATIVE = frozenset({"started_ms"})
_TABLES: dict[str, Any] = {
    "statements": tuple[str, ...],
    "stacks": tuple[Stack, ...],
    "constructions": tuple[Construction | None, ...],
    "connections": tuple[tuple[str, str], ...],
    "errors": Mapping[int, str],
    "batch_sizes": Mapping[int, int],
}
_TIMES = ("started_ms", "durations_ms")


class WrongValueError(ValueError):
    """What is wrong, and where, for people to read."""


def check_trace(trace: Trace, log: QueryLog) -> None:
    """Raises ``WrongValueError``; ``log`` are the queries of the trace."""
    checker = _Checker()
    for name, kind in _hints(Trace).items():
        if name != "queries":
            checker.check(getattr(trace, name), kind, name)
    for name, kind in _TABLES.items():
        checker.check(getattr(log, name), kind, name)
    for name in _TIMES:
        for number in getattr(log, name):
            _check_number(number, name)
    for index, params in enumerate(log.params):
        _check_params(params, f"params of query {index}")
    _check_sense(trace, len(log))


class _Checker:
    """Each object is looked at once, however often others refer to it."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def check(self, value: Any, kind: Any, where: str) -> None:
        arguments = get_args(kind)
        origin = get_origin(kind)
        if origin in (Union, UnionType):
            if value is not None:
                self.check(value, arguments[0], where)
        elif origin is Literal:
            _expect(type(value) is str and value in arguments, where, "is none of its words")
        elif origin is tuple:
            self._check_tuple(value, arguments, where)
        elif origin is frozenset:
            _expect(type(value) is frozenset, where, "is no set")
            self._check_tuple(tuple(value), (arguments[0], ...), where)
        elif origin is Mapping:
            self._check_mapping(value, arguments, where)
        elif is_dataclass(kind):
            self._check_object(value, kind, where)
        else:
            _check_plain(value, kind, where)

    def _check_tuple(self, value: Any, arguments: tuple[Any, ...], where: str) -> None:
        _expect(type(value) is tuple, where, "is no list")
        kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        _expect(len(kinds) == len(value), where, "is of another length")
        for each, kind in zip(value, kinds, strict=True):
            self.check(each, kind, where)

    def _check_mapping(self, value: Any, arguments: tuple[Any, ...], where: str) -> None:
        _expect(isinstance(value, Mapping), where, "is no mapping")
        for key, each in value.items():
            self.check(key, arguments[0], where)
            self.check(each, arguments[1], where)

    def _check_object(self, value: Any, kind: Any, where: str) -> None:
        # A frame is a call site.
        _expect(isinstance(value, kind), where, f"is no {kind.__name__}")
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        found: Any = type(value)
        for name, expected in _hints(found).items():
            self.check(getattr(value, name), expected, f"{kind.__name__}.{name}")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    found = get_type_hints(kind, localns={"ResultUse": ResultUse})
    return {field.name: found[field.name] for field in fields(kind)}


def _check_plain(value: Any, kind: Any, where: str) -> None:
    if kind is float:
        _check_number(value, where)
    elif kind is datetime:
        is_moment = type(value) is datetime and value.utcoffset() is not None
        _expect(is_moment and value.year in _YEARS, where, "is no moment with a time zone")
    elif kind is int:
        _expect(type(value) is int and 0 <= value < _MAX_INT, where, "is no number from 0")
    else:
        _expect(type(value) is kind, where, f"is no {kind.__name__}")


def _check_number(value: Any, where: str) -> None:
    _expect(type(value) in (int, float) and isfinite(value), where, "is no number")
    least = -_MAX_MS if where.rpartition(".")[2] in _MAY_BE_NEGATIVE else 0
    _expect(least <= value <= _MAX_MS, where, "is out of range")


def _check_params(params: Any, where: str) -> None:
    is_named = isinstance(params, Mapping) and all(type(key) is str for key in params)
    _expect(params is None or type(params) is tuple or is_named, where, "are no parameters")
    _check_depth(params, where, _MAX_DEPTH)


def _check_depth(value: Any, where: str, left: int) -> None:
    """Deeper than that nobody writes, and nobody can show."""
    _expect(left > 0, where, "are nested too deep")
    if isinstance(value, Mapping):
        value = value.values()
    elif isinstance(value, Json | Jsonb):
        value = (value.obj,)
    elif not isinstance(value, tuple | list | set | frozenset):
        return
    for each in value:
        _check_depth(each, where, left - 1)


def _check_sense(trace: Trace, count: int) -> None:
    """What the types cannot say."""
    for dropped in trace.overflow:
        _expect(dropped.count > 0, "DroppedQueries.count", "is 0")
    for use in trace.uses or ():
        indexes = [use.query, *(index for each in use.relations for index in each.queries)]
        _expect(max(indexes) < count, "ResultUse", "names a query that is not there")
    if trace.span is not None:
        _check_span(trace.span)


def _check_span(span: SpanReference) -> None:
    """They become a part of addresses."""
    for text, length in ((span.trace_id, 32), (span.span_id, 16)):
        is_hex = len(text) == length and set(text) <= set("0123456789abcdef")
        _expect(is_hex, "SpanReference", "is none of OpenTelemetry")


def _expect(is_so: bool, where: str, otherwise: str) -> None:  # noqa: FBT001  # a condition
    if not is_so:
        raise WrongValueError(f"{where} {otherwise}")
