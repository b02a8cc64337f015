"""The queries of one trace in columns: a sequence of ``Query`` that costs little to keep.

Statements, stacks and constructions are stored once; a query is a row of numbers, and a
``Query`` is made when somebody reads it. Numbers cost the garbage collector nothing.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, overload
from uuid import UUID

from orm_insight.model.frames import Stack
from orm_insight.model.provenance import Construction
from orm_insight.model.trace import Params, Query, Redacted

_UNKNOWN = -1
_OBJECT_BYTES = 48


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryLog(Sequence[Query]):
    """Columns of equal length, and the tables that their numbers lead into.

    ``row_counts`` holds -1, and ``parents`` 0, if nothing is known. ``errors`` and ``batch_sizes``
    are sparse, by index.
    """

    statements: tuple[str, ...] = ()
    stacks: tuple[Stack, ...] = ()
    constructions: tuple[Construction | None, ...] = ()
    connections: tuple[tuple[str, str], ...] = ()
    """Pairs of alias and vendor."""
    statement_ids: array[int] = field(default_factory=lambda: array("I"))
    stack_ids: array[int] = field(default_factory=lambda: array("I"))
    construction_ids: array[int] = field(default_factory=lambda: array("I"))
    connection_ids: array[int] = field(default_factory=lambda: array("H"))
    started_ms: array[float] = field(default_factory=lambda: array("d"))
    durations_ms: array[float] = field(default_factory=lambda: array("d"))
    row_counts: array[int] = field(default_factory=lambda: array("q"))
    parents: array[int] = field(default_factory=lambda: array("q"))
    in_transaction: bytes = b""
    params: tuple[Params, ...] = ()
    errors: Mapping[int, str] = field(default_factory=dict)
    batch_sizes: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, queries: Iterable[Query]) -> QueryLog:
        """Pack finished queries, which get new indexes."""
        rows = list(queries)
        statements: dict[str, int] = {}
        stacks: dict[Stack, int] = {}
        constructions: dict[Construction | None, int] = {}
        connections: dict[tuple[str, str], int] = {}
        return cls(
            statement_ids=array("I", [_number(statements, q.sql) for q in rows]),
            stack_ids=array(
                "I", [_number(stacks, Stack(frames=q.frames, site=q.site)) for q in rows]
            ),
            construction_ids=array("I", [_number(constructions, q.construction) for q in rows]),
            connection_ids=array("H", [_number(connections, (q.alias, q.vendor)) for q in rows]),
            started_ms=array("d", [q.started_ms for q in rows]),
            durations_ms=array("d", [q.duration_ms for q in rows]),
            row_counts=array("q", [_UNKNOWN if q.rows is None else q.rows for q in rows]),
            parents=array("q", [q.parent or 0 for q in rows]),
            in_transaction=bytes(q.in_transaction for q in rows),
            params=tuple(q.params for q in rows),
            errors={i: q.error for i, q in enumerate(rows) if q.error is not None},
            batch_sizes={i: q.batch_size for i, q in enumerate(rows) if q.batch_size is not None},
            statements=tuple(statements),
            stacks=tuple(stacks),
            constructions=tuple(constructions),
            connections=tuple(connections),
        )

    def __len__(self) -> int:
        return len(self.statement_ids)

    @overload
    def __getitem__(self, index: int) -> Query: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Query, ...]: ...
    def __getitem__(self, index: int | slice) -> Query | tuple[Query, ...]:
        if isinstance(index, slice):
            return tuple(self._query(i) for i in range(*index.indices(len(self))))
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"query {index} of a trace with {len(self)} queries")
        return self._query(position)

    def __iter__(self) -> Iterator[Query]:
        return map(self._query, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QueryLog):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # parameters need not be hashable

    @property
    def total_ms(self) -> float:
        """Time spent in the database by the queries kept."""
        return sum(self.durations_ms)

    def size_bytes(self) -> int:
        """About how much memory the log keeps: columns, parameters, statements and stacks."""
        held = (getattr(self, field.name) for field in fields(self))
        columns = sum(c.itemsize * len(c) for c in held if isinstance(c, array))
        frames = sum(8 * len(stack.frames) + _OBJECT_BYTES for stack in self.stacks)
        texts = sum(map(sys.getsizeof, chain(self.statements, self.errors.values())))
        constructions = 4 * _OBJECT_BYTES * len(self.constructions)
        return columns + frames + texts + constructions + _size_of_all_params(self.params)

    def _query(self, i: int) -> Query:
        stack = self.stacks[self.stack_ids[i]]
        alias, vendor = self.connections[self.connection_ids[i]]
        rows = self.row_counts[i]
        return Query(
            index=i,
            sql=self.statements[self.statement_ids[i]],
            params=self.params[i],
            alias=alias,
            vendor=vendor,
            started_ms=self.started_ms[i],
            duration_ms=self.durations_ms[i],
            rows=None if rows == _UNKNOWN else rows,
            error=self.errors.get(i),
            in_transaction=bool(self.in_transaction[i]),
            batch_size=self.batch_sizes.get(i),
            site=stack.site,
            frames=stack.frames,
            construction=self.constructions[self.construction_ids[i]],
            parent=self.parents[i] or None,
        )


def _number(table: dict[Any, int], value: Any) -> int:
    """The number of a value in a table that grows as values are met."""
    return table.setdefault(value, len(table))


_FLAT = frozenset(
    {int, str, float, bool, bytes, type(None), Redacted, datetime, date, UUID, Decimal}
)


def _size_of_all_params(rows: tuple[Any, ...]) -> int:
    """The size in one go if all are tuples of plain values, as they nearly always are."""
    if set(map(type, rows)) == {tuple} and _FLAT.issuperset(map(type, chain.from_iterable(rows))):
        values = chain.from_iterable(rows)
        return sum(map(sys.getsizeof, rows)) + sum(map(sys.getsizeof, values))
    return sum(map(_size_of_params, rows))


def _size_of_params(params: Params) -> int:
    if params is None:
        return 0
    values = params.values() if isinstance(params, Mapping) else params
    size = sys.getsizeof(params)
    if _FLAT.issuperset(map(type, values)):
        return size + sum(map(sys.getsizeof, values))
    return size + sum(map(_size_of_value, values))


def _size_of_value(value: Any) -> int:
    """The size of a value, and of the values that a flat container or a JSON wrapper holds."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return sys.getsizeof(value) + sum(map(sys.getsizeof, value))
    return sys.getsizeof(getattr(value, "obj", value))
