"""Turns what was watched into frozen ``ResultUse`` values when a recording in depth is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orm_insight.capture.access import EVERYTHING
from orm_insight.capture.lineage import Mark, RelatedMarks
from orm_insight.capture.sources import Sources
from orm_insight.capture.usage import Usage, WatchedResult
from orm_insight.model.usage import EagerRelation, ResultUse, WideColumn


def assemble_uses(usage: Usage, statements: Iterable[tuple[Any, ...]]) -> tuple[ResultUse, ...]:
    """What became of the rows of each queryset; ``statements`` are those of the trace."""
    index = {id(statement): number for number, statement in enumerate(statements)}
    sources = Sources()
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
        else:  # where there are no objects nothing could be read of them
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
    """By id of the mark above: the marks of what was prefetched or joined for its objects, and
    the index of the statement of a prefetch."""
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
    """How far the path of a prefetch was followed by any object on it."""
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
