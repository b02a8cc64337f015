"""What was given to a cursor, as it is kept: nothing that the application may change afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MUTABLE = frozenset({list, dict, bytearray, set})


def frozen(params: Any) -> Any:
    """The parameters as they are now: containers that the application may change are copied."""
    if type(params) is tuple and _MUTABLE.isdisjoint(map(type, params)):
        return params
    if params is None:
        return None
    if type(params) not in (tuple, list) and isinstance(params, Mapping):
        return {name: _snapshot(value) for name, value in params.items()}
    return tuple(map(_snapshot, params))


def _snapshot(value: Any) -> Any:
    return value.copy() if type(value) in _MUTABLE else value


def first_of(batches: Any) -> Any:
    """The first parameter set of an ``executemany``; an iterator is spent and stays untouched."""
    return frozen(batches[0]) if isinstance(batches, (list, tuple)) and batches else None


def batch_size(batches: Any) -> int | None:
    return len(batches) if isinstance(batches, (list, tuple)) else None


def as_text(sql: Any, connection: Any) -> str:
    """The text of a psycopg ``Composed``, of bytes or of another object that stands for SQL."""
    if isinstance(sql, bytes):
        return sql.decode(errors="replace")
    as_string = getattr(sql, "as_string", None)
    return str(as_string(connection.connection) if as_string is not None else sql)
