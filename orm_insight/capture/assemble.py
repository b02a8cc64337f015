"""Turns a recorder into a frozen ``Trace`` when the request, command or block is over.

Raw positions become frames, live provenance becomes ``Construction`` values, secrets are
withheld. No source file is read but by ``declarations``.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from functools import partial
from typing import Any

from orm_insight.capture.lineage import Built, Mark
from orm_insight.capture.recorder import RawQuery, Recorder
from orm_insight.capture.redaction import Redact
from orm_insight.capture.sources import Sources, owner_of, resolve_site
from orm_insight.capture.stack import StackWalker
from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import (
    Construction,
    DroppedQueries,
    LoadedBy,
    Narrowing,
    Params,
    Relation,
    RelationLoad,
)

_STACK = RawQuery._fields.index("stack")
_TOOLBAR = os.path.join("debug_toolbar", "store.py")


def assemble(recorder: Recorder, *, redact: Redact | None = None) -> QueryLog:
    """The recorder's queries in columns. The recorder stays as it is and can go on."""
    return _Assembly(recorder, redact).log()


def assemble_overflow(recorder: Recorder) -> tuple[DroppedQueries, ...]:
    """What came after the limit, summed by statement and stack."""
    return tuple(
        DroppedQueries(
            sql=sql,
            site=recorder.walker.resolve(stack).site,
            alias=alias,
            count=count,
            total_ms=total * 1e3,
        )
        for (sql, stack, alias), (count, total) in recorder.overflow.items()
    )


def statements_of(recorder: Recorder) -> tuple[Any, ...]:
    """Without those of the Debug Toolbar, which keeps its history in a database if told to."""
    raw = tuple(recorder.queries)
    stacks = {query[_STACK] for query in raw}
    foreign = {number for number in stacks if _is_of_toolbar(recorder.walker, number)}
    return tuple(q for q in raw if q[_STACK] not in foreign) if foreign else raw


def _is_of_toolbar(walker: StackWalker, number: int) -> bool:
    for frame in walker.resolve(number).frames:
        if frame.is_application:
            return False
        if frame.file.endswith(_TOOLBAR):
            return True
    return False


class _Numbers:
    """Distinct keys in the order met, each with the value made for it once."""

    __slots__ = ("_numbers", "values")

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self.values: list[Any] = []

    def of(self, key: Any, make: Callable[[Any], Any]) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.values)
            self.values.append(make(key))
        return number


def _numbered(column: tuple[str, ...]) -> dict[str, int]:
    """The distinct values in the order met, each with its number."""
    return {value: number for number, value in enumerate(dict.fromkeys(column))}


def _sparse(column: tuple[Any, ...]) -> dict[int, Any]:
    if column.count(None) == len(column):
        return {}
    return {i: value for i, value in enumerate(column) if value is not None}


def _the(value: Any, key: Any) -> Any:
    return value


def _same(key: Any) -> Any:
    return key


class _Assembly:
    """One pass over the raw queries of a recorder."""

    def __init__(self, recorder: Recorder, redact: Redact | None) -> None:
        self._recorder = recorder
        self._redact = redact
        self._stacks = _Numbers()
        self._constructions = _Numbers()
        self._near: dict[Any, int] = {}
        self._sources = Sources()

    def log(self) -> QueryLog:
        raw = statements_of(self._recorder)
        if not raw:
            return QueryLog()
        columns: Any = RawQuery._make(zip(*raw, strict=True))  # each field holds all its values
        statements, aliases = _numbered(columns.sql), _numbered(columns.alias)
        stack_ids = array("I", map(self._stack_ids(columns.stack).__getitem__, columns.stack))
        return QueryLog(
            statement_ids=array("I", map(statements.__getitem__, columns.sql)),
            stack_ids=stack_ids,
            construction_ids=array(
                "I", map(self._construction_id, columns.built, columns.narrowing)
            ),
            connection_ids=array("H", map(aliases.__getitem__, columns.alias)),
            started_ms=array("d", [(t - self._recorder.started) * 1e3 for t in columns.started]),
            durations_ms=array("d", [t * 1e3 for t in columns.duration]),
            row_counts=self._row_counts(raw, columns.rows),
            parents=array("q", columns.parent),
            in_transaction=bytes(columns.in_transaction),
            params=self._params(columns),
            errors=_sparse(columns.error),
            batch_sizes=_sparse(columns.batch_size),
            statements=tuple(statements),
            stacks=tuple(self._stacks.values),
            constructions=tuple(self._constructions.values),
            connections=tuple((alias, self._recorder.vendors[alias]) for alias in aliases),
        )

    def _stack_ids(self, numbers: tuple[int, ...]) -> dict[int, int]:
        """Walks that ended early have numbers of their own; equal stacks become one here."""
        walker = self._recorder.walker
        same: dict[int, int] = {}
        for number in dict.fromkeys(numbers):
            stack = walker.resolve(number)
            key = tuple(map(id, stack.frames))
            same[number] = self._stacks.of(key, partial(_the, stack))
        return same

    def _row_counts(self, raw: tuple[Any, ...], rows: tuple[Any, ...]) -> array[int]:
        """What the drivers say, and what the ORM has counted where they say nothing."""
        counts = array("q", [n if type(n) is int else -1 for n in rows])
        if counted := self._recorder.counted:
            for position, statement in enumerate(raw):
                if (found := counted.get(id(statement))) is not None:
                    counts[position] = found[1]
        return counts

    def _params(self, columns: Any) -> tuple[Params, ...]:
        if self._redact is None:
            return tuple(columns.params)
        return tuple(map(self._redact, columns.sql, columns.params))

    # -- provenance ---------------------------------------------------------------------------

    def _construction_id(self, built: Built | None, narrowing: Narrowing | None) -> int:
        """Equal constructions share a number, also where each instance has its own ``Built``."""
        if built is None:
            return self._constructions.of(None, _same)
        near = id(built), id(narrowing)
        number = self._near.get(near)
        if number is None:
            path = None if built.mark is None else _path_key(built.mark)
            # Ids will do, hashing relations takes longer.
            key = (
                id(built.relation),
                path,
                id(built.model),
                narrowing,
                built.was_prefetched,
                _site_key(built.site),
            )
            number = self._constructions.of(key, lambda _: self._construction(built, narrowing))
            self._near[near] = number
        return number

    def _construction(self, built: Built, narrowing: Narrowing | None) -> Construction:
        load = None
        if built.relation is not None and built.mark is not None:
            load = self._load(built, built.mark, built.relation, narrowing)
        model = built.model
        return Construction(
            model=model._meta.label if model is not None else None,
            site=resolve_site(built.site),
            load=load,
            owner=owner_of(built),
        )

    def _load(
        self, built: Built, mark: Mark, relation: Relation, narrowing: Narrowing | None
    ) -> RelationLoad:
        path: list[Relation] = []
        loads: list[LoadedBy] = []
        while mark.parent is not None and mark.relation is not None:
            path.insert(0, mark.relation)
            loads.insert(0, mark.how)
            mark = mark.parent
        return RelationLoad(
            source=self._sources.of(mark),
            path=tuple(path),
            path_loads=tuple(loads),
            relation=relation,
            narrowing=narrowing,
            was_prefetched=built.was_prefetched,
        )


def _site_key(site: Any) -> Any:
    return None if site is None else (id(site[0]), *site[1:])


def _path_key(mark: Mark) -> tuple[Any, ...]:
    """Equal for instances reached over the same path from the same result."""
    path: list[Any] = []
    while mark.parent is not None:
        path.append((id(mark.relation), mark.how))
        mark = mark.parent
    return (id(mark), *path)
