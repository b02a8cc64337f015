"""Turns a recorder into the frozen parts of a ``Trace`` when the recording is over.

Raw positions become frames, live provenance becomes ``Construction`` values, secrets are withheld,
and watched rows become ``ResultUse`` values. Only ``declarations`` reads source files.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any

from orm_insight.capture.attribute_access import EVERYTHING
from orm_insight.capture.code_roles import frame_of
from orm_insight.capture.declarations import class_at, class_site, declared_frame, members_of
from orm_insight.capture.lineage import Built, Mark, RelatedMarks
from orm_insight.capture.provenance.marks import selected_relations
from orm_insight.capture.recorder import RawQuery, Recorder
from orm_insight.capture.redaction import Redact
from orm_insight.capture.stack import StackWalker, template_frame
from orm_insight.capture.usage import Usage, WatchedResult
from orm_insight.model.frames import CallSite, Stack
from orm_insight.model.provenance import (
    Construction,
    EagerRelation,
    LoadedBy,
    Narrowing,
    Owner,
    Relation,
    RelationLoad,
    ResultSet,
    ResultUse,
    WideColumn,
)
from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import DroppedQueries, Params

_STACK = RawQuery._fields.index("stack")
_TOOLBAR = os.path.join("debug_toolbar", "store.py")


def assemble(recorder: Recorder, *, redact: Redact | None = None) -> QueryLog:
    """Put the recorder's queries into columns. The recorder stays as it is and can go on."""
    return _Assembly(recorder, redact).log()


def assemble_overflow(recorder: Recorder) -> tuple[DroppedQueries, ...]:
    """The statements over the limit, summed up by text and stack."""
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
    """Leave out those of the Debug Toolbar, which keeps its history in a database if told to."""
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


def _numbered(column: tuple[str, ...]) -> dict[str, int]:
    """The distinct values in the order met, each with its number."""
    return {value: number for number, value in enumerate(dict.fromkeys(column))}


def _sparse(column: tuple[Any, ...]) -> dict[int, Any]:
    if column.count(None) == len(column):
        return {}
    return {i: value for i, value in enumerate(column) if value is not None}


class _Assembly:
    """One pass over the raw queries of a recorder."""

    def __init__(self, recorder: Recorder, redact: Redact | None) -> None:
        self._recorder = recorder
        self._redact = redact
        # Each with its number, by a key that equal ones share.
        self._stacks: dict[Any, tuple[int, Stack]] = {}
        self._constructions: dict[Any, tuple[int, Construction | None]] = {}
        self._near: dict[Any, int] = {}
        self._sources = _Sources()

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
            stacks=tuple(stack for _, stack in self._stacks.values()),
            constructions=tuple(each for _, each in self._constructions.values()),
            connections=tuple((alias, self._recorder.vendors[alias]) for alias in aliases),
        )

    def _stack_ids(self, numbers: tuple[int, ...]) -> dict[int, int]:
        """Walks that ended early have numbers of their own; equal stacks become one here."""
        walker = self._recorder.walker
        same: dict[int, int] = {}
        for number in dict.fromkeys(numbers):
            stack = walker.resolve(number)
            key = tuple(map(id, stack.frames))
            same[number] = self._stacks.setdefault(key, (len(self._stacks), stack))[0]
        return same

    def _row_counts(self, raw: tuple[Any, ...], rows: tuple[Any, ...]) -> array[int]:
        """The counts of the drivers, and those of the ORM if a driver says nothing."""
        counts = array("q", [n if type(n) is int else -1 for n in rows])
        if counted := self._recorder.counted:
            for position, statement in enumerate(raw):
                if (found := counted.get(id(statement))) is not None:
                    counts[position] = found[1]
        return counts

    def _params(self, columns: Any) -> tuple[Params, ...]:
        found = columns.params
        return tuple(found if self._redact is None else map(self._redact, columns.sql, found))

    def _construction_id(self, built: Built | None, narrowing: Narrowing | None) -> int:
        """The number that equal constructions share, even if each instance has its ``Built``."""
        near = id(built), id(narrowing)
        number = self._near.get(near)
        if number is None:
            key = None if built is None else _construction_key(built, narrowing)
            if key not in self._constructions:
                made = None if built is None else self._construction(built, narrowing)
                self._constructions[key] = len(self._constructions), made
            number = self._near[near] = self._constructions[key][0]
        return number

    def _construction(self, built: Built, narrowing: Narrowing | None) -> Construction:
        load = None
        if built.relation is not None and built.mark is not None:
            load = self._load(built, built.mark, built.relation, narrowing)
        model = built.model
        return Construction(
            model=model._meta.label if model is not None else None,
            site=_resolve_site(built.site),
            load=load,
            owner=_owner_of(built),
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


def _construction_key(built: Built, narrowing: Narrowing | None) -> tuple[Any, ...]:
    """A key that equal constructions share, made of ids: hashing relations takes longer."""
    path = None if built.mark is None else _path_key(built.mark)
    site = None if built.site is None else (id(built.site[0]), *built.site[1:])
    return (id(built.relation), path, id(built.model), narrowing, built.was_prefetched, site)


def _path_key(mark: Mark) -> tuple[Any, ...]:
    """A key that instances share if they were reached over the same path from the same result."""
    path: list[Any] = []
    while mark.parent is not None:
        path.append((id(mark.relation), mark.how))
        mark = mark.parent
    return (id(mark), *path)


# -- sources of results, for people -----------------------------------------------------------


class _Sources:
    """The ``ResultSet`` of each result's mark, made once and numbered in the order met."""

    __slots__ = ("_by_mark",)

    def __init__(self) -> None:
        self._by_mark: dict[int, ResultSet] = {}

    def of(self, mark: Mark) -> ResultSet:
        source = self._by_mark.get(id(mark))
        if source is None:
            built = mark.built
            names, is_deferred = mark.only or ((), True)
            source = self._by_mark[id(mark)] = ResultSet(
                number=len(self._by_mark),
                model=mark.model._meta.label if mark.model is not None else "",
                site=_resolve_site(built.site) if built is not None else None,
                rows=mark.count,
                is_raw=built is not None and built.model is None,
                is_combined=mark.is_combined,
                is_chunked=mark.is_chunked,
                owner=_owner_of(built),
                only=() if is_deferred else tuple(sorted(names)),
                deferred=tuple(sorted(names)) if is_deferred else (),
                selected=tuple(_selected(mark.model, mark.selected)),
                selects_all=mark.selected is True,
            )
        return source


def _owner_of(built: Built | None) -> Owner | None:
    """The class for which a library has built the queryset."""
    if built is None or built.site is None or len(built.site) < 4:
        return None
    first, *_, kind, field, is_many = built.site
    manager = None if built.model is None else built.model._meta.default_manager
    if isinstance(first, type):
        name, members = first.__name__, members_of(first)
        is_view = kind == "form" and hasattr(first, "as_view")
    else:
        frame = frame_of(*built.site[:2])
        name, members = class_at(frame.file, frame.line) or ("", frozenset())
        is_view = frame.function.endswith(".get_form")
    return Owner(
        kind=kind,
        name=name,
        field=field or "",
        members=members,
        manager=getattr(manager, "name", None) or "objects",
        is_many=is_many,
        is_view=is_view,
    )


def _selected(model: Any, wanted: Any, prefix: str = "", depth: int = 5) -> Iterator[str]:
    """The ends of the paths that ``select_related()`` joins, as lookups."""
    if not wanted or depth == 0:
        return
    for name, below in selected_relations(model, wanted).items():
        target = model._meta.get_field(name).related_model
        ends = list(_selected(target, below, f"{prefix}{name}__", depth - 1))
        yield from ends or [f"{prefix}{name}"]


def _resolve_site(site: Any) -> CallSite | None:
    """The source position of a building line: code, a template's node, or a class."""
    if site is None:
        return None
    if len(site) == 1:
        return template_frame(site[0])
    if isinstance(site[0], CodeType):
        return frame_of(site[0], site[1])
    if len(site) == 4 and site[1] == "graphql":
        return declared_frame(site[0], site[2])
    return class_site(site[0])


# -- the use of rows in a deep recording ------------------------------------------------------


def assemble_uses(usage: Usage, statements: Iterable[tuple[Any, ...]]) -> tuple[ResultUse, ...]:
    """The use of each queryset's rows; ``statements`` are those of the trace."""
    index = {id(statement): number for number, statement in enumerate(statements)}
    sources = _Sources()
    watched = list(usage.results)
    below = _children(watched, index)
    return tuple(
        ResultUse(
            source=sources.of(result.mark),
            query=index[id(result.statement)],
            is_read=bool(result.mark.reads),
            is_handed_out=result.is_handed_out,
            is_counted=result.is_counted,
            is_below=result.mark.parent is not None,
            relations=(
                *_joined(result.mark, result.joined),
                *(_prefetched(result.mark, lookup, below) for lookup in result.prefetches),
            ),
            columns=tuple(
                WideColumn(lookup=lookup, size=size, is_read=_was_read(mark, attribute))
                for lookup, (mark, attribute, size) in result.sizes.items()
                if mark.reads
            ),
        )
        for result in watched
        if id(result.statement) in index
    )


def _was_read(mark: Mark, name: str) -> bool:
    return mark.reads is None or name in mark.reads or EVERYTHING in mark.reads


def _joined(mark: Mark, joined: RelatedMarks, prefix: str = "") -> Iterator[EagerRelation]:
    """The relations of ``select_related``, each whole path once."""
    for _, child, below in joined:
        assert child.relation is not None
        lookup = prefix + child.relation.query_name
        if not _was_read(mark, child.relation.name):
            for whole in _whole_paths(lookup, below):
                yield EagerRelation(
                    method="select_related", lookup=whole, used=prefix.removesuffix("__")
                )
        elif below and child.count:
            yield from _joined(child, below, f"{lookup}__")
        else:  # without objects, nothing could be read of them
            for whole in _whole_paths(lookup, below):
                yield EagerRelation(method="select_related", lookup=whole, used=whole)


def _whole_paths(lookup: str, below: RelatedMarks) -> Iterator[str]:
    if not below:
        yield lookup
    for _, child, further in below:
        assert child.relation is not None
        yield from _whole_paths(f"{lookup}__{child.relation.query_name}", further)


_Children = dict[int, list[tuple[Mark, int | None]]]


def _children(watched: Iterable[WatchedResult], index: dict[int, int]) -> _Children:
    """By id of the mark above: the marks prefetched or joined for its objects, each with the index
    of the statement if it was a prefetch."""
    found: _Children = {}

    def add(mark: Mark, joined: RelatedMarks, statement: int | None) -> None:
        above = mark.parent or mark.above
        if above is not None:
            found.setdefault(id(above), []).append((mark, statement))
        for _, child, below in joined:
            add(child, below, None)

    for result in watched:
        add(result.mark, result.joined, index.get(id(result.statement)))
    return found


def _prefetched(mark: Mark, lookup: Any, below: _Children) -> EagerRelation:
    """The path of a prefetch, and how far it was followed by any object on it."""
    is_name = isinstance(lookup, str)
    through = lookup if is_name else lookup.prefetch_through
    steps = through.split("__")
    attributes = steps if is_name else lookup.prefetch_to.split("__")
    marks, used, unused = [mark], 0, list[int]()
    for position, attribute in enumerate(attributes):
        reached = [pair for one in marks for pair in _reached(one, attribute, below)]
        if used == position and any(_was_read(one, attribute) for one in marks):
            used += 1
            if not any(child.count for child, _ in reached):
                used = len(steps)  # there is nothing that could have been read
                break
        else:
            unused.extend(statement for _, statement in reached if statement is not None)
        marks = [child for child, _ in reached]
    return EagerRelation(
        method="prefetch_related",
        lookup=through,
        used="__".join(steps[:used]),
        queries=tuple(unused),
        is_plain=is_name or (lookup.queryset is None and steps == attributes),
    )


def _reached(mark: Mark, attribute: str, below: _Children) -> Iterator[tuple[Mark, int | None]]:
    for child, statement in below.get(id(mark), ()):
        if child.relation is not None and child.relation.name == attribute:
            yield child, statement
