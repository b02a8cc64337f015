"""A trace as a JSON document that people send to each other, and back.

It holds the same pieces as an entry of a store, uncompressed and with all digits. Whoever reads
one must expect anything: what is not wholly right is refused, with a sentence that says why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn, cast

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Trace
from orm_insight.stores.encoding.checking import check_trace
from orm_insight.stores.encoding.traces import (
    VERSION,
    ForeignTraceError,
    UnreadableTraceError,
    pieces_of,
    trace_from,
)
from orm_insight.version import __version__

FORMAT = "orm-insight-trace"
MAX_DOCUMENT_BYTES = 16 * 2**20
"""Thirty times a usual trace of 10,000 queries; hostile JSON takes thirty times as much memory."""
_BY_LINE = frozenset({"kinds", "rows", "params"})
_MAX_REASON = 200


def to_document(trace: Trace) -> bytes:
    """The whole trace; what is redacted stays so."""
    head, numbers, times, sparse, *params = pieces_of(trace)
    about = {"format": FORMAT, "version": VERSION, "made_by": f"orm_insight {__version__}"}
    rows = [row for piece in params for row in piece]
    document = {**about, **head, **numbers, **times, **sparse, "params": rows}
    return "".join(_text(document)).encode()


def from_document(data: bytes) -> Trace:
    """Raises ``UnreadableTraceError`` with a message for whoever has sent it."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise UnreadableTraceError(too_large(len(data)))
    document = _parsed(data)
    _check_head(document)
    try:
        trace = trace_from(document, document, document, document, document["params"])
        check_trace(trace, cast("QueryLog", trace.queries))
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
        raise UnreadableTraceError(f"The file is not JSON, or not whole: {where}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableTraceError("This is no trace file: it holds no text.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableTraceError(f"The file cannot be read as JSON: {_reason(error)}.") from error
    if not isinstance(document, dict):
        raise UnreadableTraceError("This is no trace file: it holds no JSON object.")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _check_head(document: dict[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise UnreadableTraceError(_what_else(document))
    version = document.get("version")
    if type(version) is not int or version < 1:
        raise UnreadableTraceError("The trace file is damaged: its version is no number.")
    if version != VERSION:
        made_by = document.get("made_by")
        by = f" (made by {made_by[:60]})" if isinstance(made_by, str) else ""
        raise ForeignTraceError(
            f"The trace file has version {version:,}{by}, and orm_insight {__version__} reads "
            f"version {VERSION}: it takes a newer orm_insight to import it."
        )


def _what_else(document: dict[str, Any]) -> str:
    """Files that come from the same menu are mistaken most easily."""
    instead = "Send the trace file from the menu Export instead."
    if "traceEvents" in document:
        return f"These are Chrome trace events, for other tools. {instead}"
    if {"trace", "hints", "groups"} <= document.keys():
        return f"This is the report of a trace, from which the trace cannot be told. {instead}"
    return f'This is no trace file of orm_insight: its "format" is not "{FORMAT}".'


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{str(error)[:_MAX_REASON]} is missing or not known"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if "int_max_str_digits" in str(error):
        return "it holds a number of thousands of digits"
    return str(error)[:_MAX_REASON].rstrip(".") or type(error).__name__
