"""Statements that one and the same stack repeats with other parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from orm_insight.analysis.groups import QueryGroup, identity_of
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.trace import CallSite, Query

# These come in batches by design, or are Django's own bookkeeping.
_BATCHED = {
    QueryOrigin.PREFETCH,
    QueryOrigin.BULK_CREATE,
    QueryOrigin.BULK_UPDATE,
    QueryOrigin.SAVEPOINT,
}
# Kept for the life of the process once they were found.
_KEPT = {
    "ContentTypeManager.get_for_model",
    "ContentTypeManager.get_for_id",
    "ContentTypeManager.get_by_natural_key",
    "SiteManager.get_current",
}
_LIST = re.compile(r"\bIN\s*\(\s*%s\s*,\s*%s", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """``varying`` are the positions of the parameters that differ, where there are positions."""

    fingerprint: str
    origin: QueryOrigin
    queries: tuple[Query, ...]
    varying: tuple[int, ...]


def find_loops(
    groups: Iterable[QueryGroup], repeats: int, *, explained: Set[int] = frozenset()
) -> tuple[Loop, ...]:
    """The same fingerprint from the same stack, with other parameters: somebody loops.

    Two callers of one helper are two stacks; a list in ``IN (...)`` is a batch already. Queries
    whose index is ``explained`` by a better rule are left out.
    """
    loops = [
        Loop(
            fingerprint=group.fingerprint,
            origin=origin_of(repeated[0]),
            queries=tuple(repeated),
            varying=_varying(repeated),
        )
        for group in groups
        if _is_line(group.site) and len(group.queries) >= repeats
        for repeated in _by_stack(query for query in group.queries if query.index not in explained)
        if len({identity_of(query) for query in repeated}) >= repeats
        and origin_of(repeated[0]) not in _BATCHED
        and not any(frame.function in _KEPT for frame in repeated[0].frames)
    ]
    return tuple(sorted(loops, key=lambda loop: loop.queries[0].index))


def _is_line(site: CallSite | None) -> bool:
    """Whether code stands there; what a library does for a declaration is its own loop."""
    return site is not None and not site.is_declaration


def _by_stack(queries: Iterable[Query]) -> Iterable[list[Query]]:
    found: dict[int, list[Query]] = {}
    for query in queries:
        if query.batch_size is None and not _is_batch(query):
            found.setdefault(id(query.frames), []).append(query)
    return found.values()


def _is_batch(query: Query) -> bool:
    if _LIST.search(query.sql):
        return True
    params = query.params if isinstance(query.params, tuple) else ()
    return any(isinstance(value, list) and len(value) > 1 for value in params)


def _varying(queries: list[Query]) -> tuple[int, ...]:
    rows = [_positional(query.params) for query in queries]
    if any(len(row) != len(rows[0]) for row in rows):
        return ()
    return tuple(i for i, column in enumerate(zip(*rows, strict=True)) if not _all_equal(column))


def _positional(params: Any) -> tuple[Any, ...]:
    if params is None:
        return ()
    return tuple(params.values()) if isinstance(params, Mapping) else params


def _all_equal(values: tuple[Any, ...]) -> bool:
    return all(value == values[0] for value in values[1:])
