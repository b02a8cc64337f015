"""The frozen values of the model as numbered rows: what is shared is written once and read once.

The kinds and the names of their fields go along, so that a field that an older or newer version
has more is left out, or has its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from orm_insight.model.owner import Owner
from orm_insight.model.surroundings import SpanReference, Transaction
from orm_insight.model.trace import (
    CallSite,
    Condition,
    Construction,
    DroppedQueries,
    Frame,
    Narrowing,
    Relation,
    RelationLoad,
    ResultSet,
    Stack,
)
from orm_insight.model.usage import EagerRelation, ResultUse, WideColumn

KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        CallSite,
        Condition,
        Construction,
        DroppedQueries,
        EagerRelation,
        Frame,
        Narrowing,
        Owner,
        Relation,
        RelationLoad,
        ResultSet,
        ResultUse,
        SpanReference,
        Stack,
        Transaction,
        WideColumn,
    )
}
_PLAIN = frozenset({type(None), bool, int, float, str})


class Writer:
    """Turns values into JSON; each object becomes a row behind the rows that it refers to."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._kinds: dict[type, int] = {}
        self._numbers: dict[int, int] = {}
        # Ids are of use only as long as nothing takes the place of what they belong to.
        self._held: list[Any] = []

    @property
    def kinds(self) -> list[list[Any]]:
        return [[kind.__name__, list(_names(kind))] for kind in self._kinds]

    def write(self, value: Any) -> Any:
        if type(value) in _PLAIN:
            return value
        if isinstance(value, tuple):
            return [self.write(each) for each in value]
        if isinstance(value, frozenset):
            return {"f": sorted(value)}
        if isinstance(value, datetime):
            return {"t": value.isoformat()}
        if isinstance(value, Mapping):
            return {"m": [[self.write(key), self.write(each)] for key, each in value.items()]}
        return {"o": self._number(value)}

    def _number(self, value: Any) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            kind: Any = type(value)
            row = [self.write(getattr(value, name)) for name in _names(kind)]
            known = self._kinds.setdefault(kind, len(self._kinds))
            number = self._numbers[id(value)] = len(self.rows)
            self.rows.append([known, *row])
            self._held.append(value)
        return number


class Reader:
    """The objects that a ``Writer`` has written."""

    def __init__(self, kinds: list[list[Any]], rows: list[list[Any]]) -> None:
        self._objects: list[Any] = []
        known = [_reading(name, names) for name, names in kinds]
        for number, *row in rows:
            kind, names = known[number]
            values = {
                name: self.read(value)
                for name, value in zip(names, row, strict=True)
                if name is not None
            }
            self._objects.append(kind(**values))

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


def _reading(name: str, names: list[str]) -> tuple[type, list[str | None]]:
    kind: Any = KINDS[name]
    known = _names(kind)
    return kind, [each if each in known else None for each in names]


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
