"""A trace as a JSON document that people send to each other, and back.

It holds the same pieces as an entry of a store, uncompressed and with all digits. Anybody may write
such a file, and a text in the place of a number would break a page long after the import. So each
value is checked against the types of the model; a document with any error is refused, with a
sentence that says why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from math import isfinite
from types import UnionType
from typing import Any, Literal, NoReturn, Union, get_args, get_origin

from orm_insight.model.trace import SpanReference, Trace
from orm_insight.stores.codec import (
    SPARSE,
    TABLES,
    TIMES,
    VERSION,
    ForeignTraceError,
    UnreadableTraceError,
    hints_of,
    log_of,
    pieces_of,
    trace_from,
    trace_hints,
)
from orm_insight.version import __version__

FORMAT = "orm-insight-trace"
MAX_DOCUMENT_BYTES = 16 * 2**20
"""Thirty times a usual trace of 10,000 queries; hostile JSON takes thirty times as much memory."""
_BY_LINE = frozenset({"kinds", "rows", "params"})
_MAX_REASON = 200

_MAX_INT = 2**63
_MAX_MS = 1e12
_MAX_DEPTH = 100
_YEARS = range(1980, 9000)


class WrongValueError(ValueError):
    """A value is of another type or out of range; the message says where, for people to read."""


def to_document(trace: Trace) -> bytes:
    """The whole trace; redacted values stay redacted."""
    head, numbers, times, sparse, *params = pieces_of(trace)
    about = {"format": FORMAT, "version": VERSION, "made_by": f"orm_insight {__version__}"}
    rows = [row for piece in params for row in piece]
    document = {**about, **head, **numbers, **times, **sparse, "params": rows}
    return "".join(_text(document)).encode()


def from_document(data: bytes) -> Trace:
    """Raises ``UnreadableTraceError`` with a message for the sender."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise UnreadableTraceError(too_large(len(data)))
    document = _parsed(data)
    _check_head(document)
    try:
        trace = trace_from(document, document["params"])
        check_trace(trace)
    except Exception as error:
        raise UnreadableTraceError(f"The trace file is damaged: {_reason(error)}.") from error
    return trace


def too_large(size: int) -> str:
    most = MAX_DOCUMENT_BYTES // 2**20
    return f"The file is too large: {size / 2**20:,.1f} MiB, and at most {most} MiB are read."


def _text(document: dict[str, Any]) -> Iterator[str]:
    """A line for each key, and for each entry of the long lists: it can be read and compared."""
    separator = "{"
    for key, value in document.items():
        yield f"{separator}\n{json.dumps(key)}: "
        if key in _BY_LINE and value:
            yield "[\n" + ",\n".join(map(_json, value)) + "\n]"
        else:
            yield _json(value)
        separator = ","
    yield "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableTraceError(f"The file is not JSON, or incomplete: {where}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableTraceError("This is not a trace file: it contains no text.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableTraceError(f"The file cannot be read as JSON: {_reason(error)}.") from error
    if not isinstance(document, dict):
        raise UnreadableTraceError("This is not a trace file: it contains no JSON object.")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _check_head(document: dict[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise UnreadableTraceError(_what_else(document))
    version = document.get("version")
    if type(version) is not int or version < 1:
        raise UnreadableTraceError("The trace file is damaged: its version is not a number.")
    if version != VERSION:
        made_by = document.get("made_by")
        by = f" (made by {made_by[:60]})" if isinstance(made_by, str) else ""
        raise ForeignTraceError(
            f"The trace file has version {version:,}{by}, and orm_insight {__version__} reads "
            f"version {VERSION}: import it with a newer orm_insight."
        )


def _what_else(document: dict[str, Any]) -> str:
    """The message for another file: those of the same menu are mistaken most easily."""
    instead = "Send the trace file from the menu Export instead."
    if "traceEvents" in document:
        return f"These are Chrome trace events, for other tools. {instead}"
    if {"trace", "hints", "groups"} <= document.keys():
        return f"This is the report of a trace, from which the trace cannot be restored. {instead}"
    return f'This is not a trace file of orm_insight: its "format" is not "{FORMAT}".'


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{str(error)[:_MAX_REASON]} is missing or not known"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if "int_max_str_digits" in str(error):
        return "it holds a number of thousands of digits"
    return str(error)[:_MAX_REASON].rstrip(".") or type(error).__name__


# -- checking -------------------------------------------------------------------------------------


def check_trace(trace: Trace) -> None:
    """Raises ``WrongValueError`` where a value is not what the model's annotations say."""
    log, seen = log_of(trace), set[int]()
    for name, kind in trace_hints().items():
        _check(getattr(trace, name), kind, name, seen)
    for name, kind in (TABLES | SPARSE).items():
        _check(getattr(log, name), kind, name, seen)
    for name in TIMES:
        for number in getattr(log, name):
            _check_plain(number, float, name)
    for index, params in enumerate(log.params):
        is_named = isinstance(params, Mapping) and all(type(key) is str for key in params)
        where = f"params of query {index}"
        _expect(params is None or type(params) is tuple or is_named, where, "are no parameters")
        _check_depth(params, where, _MAX_DEPTH)
    _check_sense(trace, len(log))


def _check(value: Any, kind: Any, where: str, seen: set[int]) -> None:
    """Check each object once, however often others refer to it: ``seen`` holds its id."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if value is not None:
            _check(value, inner[0], where, seen)
    elif origin is Literal:
        _expect(type(value) is str and value in inner, where, "is none of its words")
    elif origin is not None:
        for each, expected in _items(value, origin, inner, where):
            _check(each, expected, where, seen)
    elif isinstance(kind, type) and is_dataclass(kind):
        # A frame is a call site.
        _expect(isinstance(value, kind), where, f"is no {kind.__name__}")
        _check_object(value, kind.__name__, seen)
    else:
        _check_plain(value, kind, where)


def _check_object(value: Any, where: str, seen: set[int]) -> None:
    if id(value) not in seen:
        seen.add(id(value))
        kind: Any = type(value)
        for name, expected in hints_of(kind).items():
            _check(getattr(value, name), expected, f"{where}.{name}", seen)


def _items(value: Any, origin: Any, inner: tuple[Any, ...], where: str) -> Iterator[Any]:
    """The values in a container, each with its type."""
    if origin is Mapping:
        _expect(isinstance(value, Mapping), where, "is no mapping")
        return (pair for item in value.items() for pair in zip(item, inner, strict=True))
    _expect(type(value) is origin, where, "is no list" if origin is tuple else "is no set")
    is_fixed = origin is tuple and inner[-1] is not Ellipsis
    kinds = inner if is_fixed else inner[:1] * len(value)
    _expect(len(kinds) == len(value), where, "is of another length")
    return zip(value, kinds, strict=True)


def _check_plain(value: Any, kind: Any, where: str) -> None:
    if kind is float:
        _expect(type(value) in (int, float) and isfinite(value), where, "is no number")
        least = -_MAX_MS if where.endswith("started_ms") else 0
        _expect(least <= value <= _MAX_MS, where, "is out of range")
    elif kind is int:
        _expect(type(value) is int and 0 <= value < _MAX_INT, where, "is no number from 0")
    elif kind is datetime:
        is_moment = type(value) is datetime and value.utcoffset() is not None
        _expect(is_moment and value.year in _YEARS, where, "is no moment with a time zone")
    else:
        _expect(type(value) is kind, where, f"is no {kind.__name__}")


def _check_depth(value: Any, where: str, left: int) -> None:
    """Refuse values nested deeper than any page can show."""
    _expect(left > 0, where, "are nested too deep")
    if isinstance(value, Mapping):
        value = value.values()
    elif hasattr(value, "obj"):
        value = (value.obj,)
    elif not isinstance(value, tuple | list | set | frozenset):
        return
    for each in value:
        _check_depth(each, where, left - 1)


def _check_sense(trace: Trace, count: int) -> None:
    """Check the rules that types cannot express."""
    for dropped in trace.overflow:
        _expect(dropped.count > 0, "DroppedQueries.count", "is 0")
    for use in trace.uses or ():
        indexes = [use.query, *(index for each in use.relations for index in each.queries)]
        _expect(max(indexes) < count, "ResultUse", "names a query that is not there")
    if trace.span is not None:
        _check_span(trace.span)


def _check_span(span: SpanReference) -> None:
    """Check the ids, which become a part of addresses."""
    for text, length in ((span.trace_id, 32), (span.span_id, 16)):
        is_hex = len(text) == length and set(text) <= set("0123456789abcdef")
        _expect(is_hex, "SpanReference", "is none of OpenTelemetry")


def _expect(is_so: bool, where: str, otherwise: str) -> None:  # noqa: FBT001  # a condition
    if not is_so:
        raise WrongValueError(f"{where} {otherwise}")
