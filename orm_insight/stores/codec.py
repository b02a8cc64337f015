"""Traces as bytes for a store that several processes share, and back: versioned, no pickle.

An entry is a magic word, a version, and compressed JSON. The queries are columns; the frozen
values of the model are numbered rows, so that shared ones are written once and read once. The
kinds of the rows and the names of their fields go along: a field that the reader does not know is
left out, and one that the writer did not know gets its default.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, get_args, get_type_hints

from orm_insight.model.frames import Stack
from orm_insight.model.provenance import Construction, ResultUse
from orm_insight.model.querylog import QueryLog
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.stores.values import from_json, to_json

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
TIMES = ("started_ms", "durations_ms")
# Python 3.11 cannot evaluate all annotations of a QueryLog.
TABLES: dict[str, Any] = {
    "statements": tuple[str, ...],
    "stacks": tuple[Stack, ...],
    "constructions": tuple[Construction | None, ...],
    "connections": tuple[tuple[str, str], ...],
}
SPARSE: dict[str, Any] = {"errors": Mapping[int, str], "batch_sizes": Mapping[int, int]}
_PLAIN = frozenset({type(None), bool, int, float, str})


class UnreadableTraceError(ValueError):
    """The data was not written by this package, is damaged, or has another version."""


class ForeignTraceError(UnreadableTraceError):
    """The data has the format of another version of this package, which may well read it."""


def encode(trace: Trace) -> bytes:
    """The trace with its queries. The analysis of it is the same after ``decode``."""
    return _HEAD + b"".join(_compressed(pieces_of(trace, digits=_DIGITS)))


def decode(data: bytes) -> Trace:
    """Raises ``UnreadableTraceError`` for all data that ``encode`` has not made."""
    trace: Trace = _decoded(_trace_of, data)
    return trace


def encode_summary(summary: TraceSummary) -> bytes:
    writer = _Writer()
    facts = writer.facts(summary, hints_of(TraceSummary))
    return _HEAD + _json({"summary": facts, "kinds": writer.kinds, "rows": writer.rows})


def decode_summary(data: bytes) -> TraceSummary:
    """Raises ``UnreadableTraceError`` for all data that ``encode_summary`` has not made."""
    summary: TraceSummary = _decoded(_summary_of, data)
    return summary


def log_of(trace: Trace) -> QueryLog:
    """The queries of a trace in columns."""
    return trace.queries if isinstance(trace.queries, QueryLog) else QueryLog.of(trace.queries)


@cache
def hints_of(kind: Any) -> Mapping[str, Any]:
    """The type of each field of a dataclass."""
    found = get_type_hints(kind, localns={"ResultUse": ResultUse})
    return {field.name: found[field.name] for field in fields(kind)}


@cache
def trace_hints() -> Mapping[str, Any]:
    """The type of each field of a trace but for its queries, which are columns."""
    return {name: kind for name, kind in hints_of(Trace).items() if name != "queries"}


@cache
def _kinds() -> Mapping[str, type]:
    """The frozen values that a trace is made of, by name: nothing else is ever made."""
    hints = chain(trace_hints().values(), TABLES.values())
    return {kind.__name__: kind for hint in hints for kind in _kinds_in(hint)}


def _kinds_in(hint: Any) -> Iterator[type]:
    inner = get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
        inner = tuple(hints_of(hint).values())
    yield from chain.from_iterable(map(_kinds_in, inner))


def _decoded(read: Callable[[bytes], Any], data: bytes) -> Any:
    if data[: len(MAGIC)] != MAGIC:
        raise UnreadableTraceError("This is not a trace.")
    if data[len(MAGIC) : len(_HEAD)] != _HEAD[-1:]:
        raise ForeignTraceError("The trace has another version.")
    try:
        return read(data[len(_HEAD) :])
    except Exception as error:
        raise UnreadableTraceError(f"The trace is damaged: {type(error).__name__}.") from error


# -- writing --------------------------------------------------------------------------------------


def pieces_of(trace: Trace, *, digits: int | None = None) -> Iterator[Any]:
    """Four objects without a key in common, then lists of parameters; times are rounded."""
    log = log_of(trace)
    writer = _Writer()
    facts, tables = writer.facts(trace, trace_hints()), writer.facts(log, TABLES)
    yield {"trace": facts, "tables": tables, "kinds": writer.kinds, "rows": writer.rows}
    yield {name: list(getattr(log, name)) for name in _NUMBERS}
    times = {name: list(getattr(log, name)) for name in TIMES}
    if digits is not None:
        times = {name: [round(value, digits) for value in each] for name, each in times.items()}
    yield times
    sparse = {name: list(getattr(log, name).items()) for name in SPARSE}
    yield {"in_transaction": list(log.in_transaction), **sparse}
    for first in range(0, len(log.params), _PIECE):
        yield [to_json(params) for params in log.params[first : first + _PIECE]]


class _Writer:
    """Turns values into JSON: each object becomes a row, after the rows that it refers to."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._kinds: dict[type, int] = {}
        self._numbers: dict[int, int] = {}
        # Held, because the id of a collected object is given to another one.
        self._held: list[Any] = []

    @property
    def kinds(self) -> list[list[Any]]:
        return [[kind.__name__, list(hints_of(kind))] for kind in self._kinds]

    def facts(self, value: Any, names: Iterable[str]) -> dict[str, Any]:
        return {name: self._write(getattr(value, name)) for name in names}

    def _write(self, value: Any) -> Any:
        if type(value) in _PLAIN:
            return value
        if isinstance(value, tuple):
            return [self._write(each) for each in value]
        if isinstance(value, frozenset):
            return {"f": sorted(value)}
        if isinstance(value, datetime):
            return {"t": value.isoformat()}
        if isinstance(value, Mapping):
            return {"m": [[self._write(key), self._write(each)] for key, each in value.items()]}
        return {"o": self._number(value)}

    def _number(self, value: Any) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            kind: Any = type(value)
            row = self.facts(value, hints_of(kind)).values()
            known = self._kinds.setdefault(kind, len(self._kinds))
            number = self._numbers[id(value)] = len(self.rows)
            self.rows.append([known, *row])
            self._held.append(value)
        return number


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
        raise UnreadableTraceError("The trace is too large or incomplete.")
    head, numbers, times, sparse, *params = map(json.loads, text.splitlines())
    return trace_from({**head, **numbers, **times, **sparse}, chain.from_iterable(params))


def trace_from(pieces: Mapping[str, Any], params: Iterable[Any]) -> Trace:
    """The trace of ``pieces_of``; anything else raises any error."""
    reader = _Reader(pieces["kinds"], pieces["rows"])
    columns: dict[str, Any] = {name: array(kind, pieces[name]) for name, kind in _NUMBERS.items()}
    columns.update((name, array("d", pieces[name])) for name in TIMES)
    columns["params"] = tuple(map(from_json, params))
    columns["in_transaction"] = bytes(list(pieces["in_transaction"]))
    if len(set(map(len, columns.values()))) != 1:
        raise UnreadableTraceError("The columns are not of one length.")
    tables = {name: reader.read(pieces["tables"][name]) for name in TABLES}
    for name, table in zip(_NUMBERS, tables.values(), strict=False):
        if max(columns[name], default=-1) >= len(table):
            raise UnreadableTraceError("A row leads nowhere.")
    sparse: dict[str, Any] = {name: dict(pieces[name]) for name in SPARSE}
    facts = reader.facts(trace_hints(), pieces["trace"].items())
    return Trace(queries=QueryLog(**columns, **tables, **sparse), **facts)


def _summary_of(data: bytes) -> TraceSummary:
    content = json.loads(data)
    reader = _Reader(content["kinds"], content["rows"])
    return TraceSummary(**reader.facts(hints_of(TraceSummary), content["summary"].items()))


class _Reader:
    """The objects that a ``_Writer`` has written."""

    def __init__(self, kinds: list[list[Any]], rows: list[list[Any]]) -> None:
        self._objects: list[Any] = []
        known = [(_kinds()[name], names) for name, names in kinds]
        for number, *row in rows:
            kind, names = known[number]
            facts = self.facts(hints_of(kind), zip(names, row, strict=True))
            self._objects.append(kind(**facts))

    def facts(self, known: Mapping[str, Any], found: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        return {name: self.read(value) for name, value in found if name in known}

    def read(self, value: Any) -> Any:
        if type(value) is list:
            return tuple(map(self.read, value))
        if type(value) is not dict:
            return value
        [(mark, content)] = value.items()
        if mark == "o":
            return self._objects[content]
        if mark == "f":
            return frozenset(content)
        if mark == "t":
            return datetime.fromisoformat(content)
        return {self.read(key): self.read(each) for key, each in content}
