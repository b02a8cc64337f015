"""Which indexes a measured plan asks for: equality first, then one range, or the order.

Nothing here knows Django; the catalog's facts say what exists already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orm_insight.explain.indexes.facts import ExistingIndex, Key, TableFacts
from orm_insight.explain.indexes.keys import (
    conditions_of,
    contained_keys,
    equal_keys,
    key_text,
    order_keys,
    range_keys,
)
from orm_insight.explain.indexes.places import Place, places
from orm_insight.explain.raw_values import number_of
from orm_insight.hints.catalogue import IndexKind, code_of_index
from orm_insight.model.plan import Plan, PlanNode

MAX_KEYS = 3
MIN_ROWS = 500
_NOT_IN_KEYS = re.compile(r'[\s()"]+')

Tables = Mapping[tuple[str, str], TableFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An index that may help. ``node`` is the step that would use it.

    ``superseded`` is an existing index that would no longer be needed.
    """

    table: TableFacts
    keys: tuple[Key, ...]
    node: PlanNode
    hint: str
    method: str = "btree"
    superseded: str = ""


def tables_of(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Schema and name of every table of which facts are needed."""
    return tuple(dict.fromkeys(place.table for place in places(plan)))


def candidates(plan: Plan, tables: Tables) -> tuple[Candidate, ...]:
    """In the order of the plan's findings, each index once."""
    found: dict[object, Candidate] = {}
    for place in places(plan):
        table = tables.get(place.table)
        if table is None or _rows(table, place.scan) < MIN_ROWS:
            continue
        for hint, method, keys in _shapes(place, table):
            if not _exists(table, method, keys):
                candidate = Candidate(
                    table=table,
                    keys=tuple(keys),
                    node=place.scan,
                    hint=hint,
                    method=method,
                    superseded=_superseded(table, keys) if method == "btree" else "",
                )
                found.setdefault((table.schema, table.name, method, candidate.keys), candidate)
    return tuple(found.values())


def _rows(table: TableFacts, scan: PlanNode) -> float:
    """Of a table that was never analyzed, what the scan has seen."""
    if table.rows is not None:
        return table.rows
    removed = number_of(scan.raw, "Rows Removed by Filter") * (scan.loops or 0)
    return (scan.rows or 0.0) + removed


def _shapes(place: Place, table: TableFacts) -> Iterator[tuple[str, str, list[Key]]]:
    """Hint, access method and keys of each index that would serve the place."""
    found = conditions_of(place.scan, place.join)
    equal = equal_keys(found, place.scan, table)[:MAX_KEYS]
    ranges = [key for key in range_keys(found, place.scan, table) if key not in equal]
    order = _order(place, table)
    hint = (
        code_of_index(IndexKind.EXPRESSION)
        if any(key.function for key in (*equal, *ranges[:1]))
        else code_of_index(IndexKind.PLAIN)
    )
    searched = [*equal, *ranges[:1]][:MAX_KEYS]
    ordered = [*equal, *(key for key in order if key not in equal)] if order else []
    if ordered and len(ordered) <= MAX_KEYS:
        yield hint if equal else code_of_index(IndexKind.ORDERED), "btree", ordered
    # What the ordered index begins with anyway is no index of its own.
    if searched and (len(ordered) > MAX_KEYS or searched != ordered[: len(searched)]):
        yield hint, "btree", searched
    for key in contained_keys(found, table):
        yield (
            code_of_index(IndexKind.TRIGRAM)
            if key.opclass == "gin_trgm_ops"
            else code_of_index(IndexKind.PLAIN),
            "gin",
            [key],
        )


def _order(place: Place, table: TableFacts) -> list[Key]:
    """The order that the rows are wanted in: of the sort above, or of the index that is read."""
    if place.sort is not None:
        return order_keys(place.sort, place.scan, table)
    if not place.is_ordered_by_index:
        return []
    used = next((index for index in table.indexes if index.name == place.scan.index), None)
    if used is None or not all(key in table.columns for key in used.keys):
        return []
    return [Key(column=key) for key in used.keys]


def _exists(table: TableFacts, method: str, keys: Sequence[Key]) -> bool:
    return any(_serves(index, table, method, keys) for index in table.indexes)


def _serves(index: ExistingIndex, table: TableFacts, method: str, keys: Sequence[Key]) -> bool:
    """It begins with these keys, in any order: what comes first is compared for equality."""
    if index.method != method or index.predicate is not None or len(index.keys) < len(keys):
        return False
    first = dict(zip(map(_plain, index.keys), index.opclasses, strict=False))
    first = dict(list(first.items())[: len(keys)]) if method == "btree" else first
    for key in keys:
        text = _plain(key_text(key, table))
        if text not in first or (key.opclass and first[text] != key.opclass):
            return False
    return True


def _superseded(table: TableFacts, keys: Sequence[Key]) -> str:
    """An index of which the new one has all keys, in this order, and more."""
    texts = [_plain(key_text(key, table)) for key in keys]
    for index in table.indexes:
        existing = [_plain(key) for key in index.keys]
        is_plain = index.method == "btree" and index.predicate is None and not index.is_unique
        is_default = not any("pattern" in opclass for opclass in index.opclasses)
        is_prefix = len(existing) < len(texts) and texts[: len(existing)] == existing
        if is_plain and is_default and is_prefix:
            return index.name
    return ""


def _plain(text: str) -> str:
    return _NOT_IN_KEYS.sub("", text)
