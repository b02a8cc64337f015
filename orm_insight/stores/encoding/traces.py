"""A whole trace as bytes, its queries in columns."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from orm_insight.model.querylog import QueryLog
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.stores.encoding.objects import Reader, Writer
from orm_insight.stores.encoding.values import from_json, to_json

MAGIC, VERSION = b"orm_insight", 1
_HEAD = MAGIC + bytes([VERSION])
MAX_BYTES = 512 * 2**20
"""An entry that would become larger is not read: nobody has written it."""
_DIGITS = 4
_PIECE = 500
"""Rows that are encoded in one go: other threads of the process run in between."""

_NUMBERS = {
    "statement_ids": "I",
    "stack_ids": "I",
    "construction_ids": "I",
    "connection_ids": "H",
    "row_counts": "q",
    "parents": "q",
}
_TIMES = ("started_ms", "durations_ms")
_TABLES = ("statements", "stacks", "constructions", "connections")
_TRACE_FIELDS = tuple(field.name for field in fields(Trace) if field.name != "queries")
_SUMMARY_FIELDS = tuple(field.name for field in fields(TraceSummary))


class UnreadableTraceError(ValueError):
    """Not written by this package, damaged, or of another version."""


class ForeignTraceError(UnreadableTraceError):
    """Of another version of this package, which may well read it."""


def encode(trace: Trace) -> bytes:
    """The trace with its queries. What the analysis finds in it is the same after ``decode``."""
    return _HEAD + b"".join(_compressed(pieces_of(trace, digits=_DIGITS)))


def decode(data: bytes) -> Trace:
    """Raises ``UnreadableTraceError`` for whatever ``encode`` has not made."""
    trace: Trace = _reading(_trace_of, data)
    return trace


def encode_summary(summary: TraceSummary) -> bytes:
    writer = Writer()
    facts = {name: writer.write(getattr(summary, name)) for name in _SUMMARY_FIELDS}
    return _HEAD + _json({"summary": facts, "kinds": writer.kinds, "rows": writer.rows})


def decode_summary(data: bytes) -> TraceSummary:
    """Raises ``UnreadableTraceError`` for whatever ``encode_summary`` has not made."""
    summary: TraceSummary = _reading(_summary_of, data)
    return summary


def _reading(read: Callable[[bytes], Any], data: bytes) -> Any:
    if data[: len(MAGIC)] != MAGIC:
        raise UnreadableTraceError("This is no trace.")
    if data[len(MAGIC) : len(_HEAD)] != _HEAD[-1:]:
        raise ForeignTraceError("The trace has another version.")
    try:
        return read(data[len(_HEAD) :])
    except Exception as error:
        raise UnreadableTraceError(f"The trace is damaged: {type(error).__name__}.") from error


# -- writing --------------------------------------------------------------------------------------


def pieces_of(trace: Trace, *, digits: int | None = None) -> Iterator[Any]:
    """Four objects without a key in common, then lists of parameters; times are rounded."""
    log = trace.queries if isinstance(trace.queries, QueryLog) else QueryLog.of(trace.queries)
    writer = Writer()
    facts = {name: writer.write(getattr(trace, name)) for name in _TRACE_FIELDS}
    tables = {name: writer.write(getattr(log, name)) for name in _TABLES}
    yield {"trace": facts, "tables": tables, "kinds": writer.kinds, "rows": writer.rows}
    yield {name: list(getattr(log, name)) for name in _NUMBERS}
    yield {name: _rounded(getattr(log, name), digits) for name in _TIMES}
    yield {
        "in_transaction": list(log.in_transaction),
        "errors": list(log.errors.items()),
        "batch_sizes": list(log.batch_sizes.items()),
    }
    for first in range(0, len(log.params), _PIECE):
        yield [to_json(params) for params in log.params[first : first + _PIECE]]


def _rounded(times: Sequence[float], digits: int | None) -> list[float]:
    return list(times) if digits is None else [round(value, digits) for value in times]


def _compressed(pieces: Iterator[Any]) -> Iterator[bytes]:
    """A line of JSON for each piece."""
    packer = zlib.compressobj(6)
    for piece in pieces:
        yield packer.compress(_json(piece) + b"\n")
    yield packer.flush()


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


# -- reading --------------------------------------------------------------------------------------


def _trace_of(data: bytes) -> Trace:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, MAX_BYTES)
    if not unpacker.eof or unpacker.unused_data:
        raise UnreadableTraceError("The trace is too large, or not whole.")
    return trace_from(*map(json.loads, text.splitlines()))


def trace_from(
    head: dict[str, Any],
    numbers: dict[str, Any],
    times: dict[str, Any],
    sparse: dict[str, Any],
    *params: Any,
) -> Trace:
    """What ``pieces_of`` has written; anything else raises whatever it comes upon."""
    reader = Reader(head["kinds"], head["rows"])
    log = _log_of(reader, head["tables"], numbers, times, sparse, params)
    facts = {name: reader.read(value) for name, value in head["trace"].items()}
    known = {name: value for name, value in facts.items() if name in _TRACE_FIELDS}
    return Trace(queries=log, **known)


def _log_of(
    reader: Reader,
    tables: dict[str, Any],
    numbers: dict[str, Any],
    times: dict[str, Any],
    sparse: dict[str, Any],
    params: Sequence[Any],
) -> QueryLog:
    columns: dict[str, Any] = {name: array(kind, numbers[name]) for name, kind in _NUMBERS.items()}
    columns.update((name, array("d", times[name])) for name in _TIMES)
    rows = tuple(from_json(each) for piece in params for each in piece)
    if {len(rows), len(sparse["in_transaction"])} != set(map(len, columns.values())):
        raise UnreadableTraceError("The columns are not of one length.")
    values: dict[str, Any] = {name: reader.read(tables[name]) for name in _TABLES}
    _check_references(columns, values)
    return QueryLog(
        **columns,
        **values,
        in_transaction=bytes(sparse["in_transaction"]),
        errors=dict(sparse["errors"]),
        batch_sizes=dict(sparse["batch_sizes"]),
        params=rows,
    )


def _check_references(columns: dict[str, Any], tables: dict[str, Any]) -> None:
    for name, table in zip(_NUMBERS, _TABLES, strict=False):
        if max(columns[name], default=-1) >= len(tables[table]):
            raise UnreadableTraceError("A row leads nowhere.")


def _summary_of(data: bytes) -> TraceSummary:
    content = json.loads(data)
    reader = Reader(content["kinds"], content["rows"])
    facts = {name: reader.read(value) for name, value in content["summary"].items()}
    return TraceSummary(**{name: facts[name] for name in facts if name in _SUMMARY_FIELDS})
