"""Watches the use of loaded rows for a deep recording: the live, mutable side.

It costs far more than a query may cost otherwise, and is there only while such a recording runs.
``attribute_access`` tells which attributes are read, this module to which result they belong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeAlias

from django.db.models import Model

from orm_insight import faults
from orm_insight.capture.lineage import USE, Built, Mark, RelatedMarks, forgotten

Statements: TypeAlias = Sequence[tuple[Any, ...]]

_BOUNDED = 1_000
"""Columns with a smaller ``max_length`` are not worth the words."""


class WatchedResult:
    """The rows of one evaluated queryset. ``statement`` is the recorder's, once it is known.

    ``sizes`` has for each lookup of a wide column the mark of its rows, the attribute, and the
    bytes of all values. ``joined`` are the marks of the relations in ``select_related``.
    """

    __slots__ = (
        "is_counted",
        "is_handed_out",
        "joined",
        "mark",
        "prefetches",
        "sizes",
        "statement",
    )

    def __init__(self, mark: Mark, joined: RelatedMarks, queryset: Any) -> None:
        self.mark = mark
        self.joined = joined
        self.prefetches: tuple[Any, ...] = queryset._prefetch_related_lookups
        self.statement: tuple[Any, ...] | None = None
        self.is_handed_out = mark.is_chunked
        self.is_counted = False
        self.sizes: dict[str, tuple[Mark, str, int]] = {}
        _begin_to_note(mark, joined)
        queryset.__dict__[USE] = self

    def __reduce__(self) -> tuple[Any, ...]:
        return forgotten, ()

    def measure(self, row: Model, mark: Mark, joined: RelatedMarks, prefix: str = "") -> None:
        """Add up the bytes in the wide columns of a row, and of the objects joined to it."""
        values = vars(row)
        for attname, name in _wide_columns(type(row)):
            size = _size_of(values.get(attname))
            if size:
                total = self.sizes.get(prefix + name, (mark, attname, 0))[2]
                self.sizes[prefix + name] = mark, attname, total + size
        for name, child, below in joined:
            instance = row._state.fields_cache.get(name)
            if instance is not None and child.relation is not None:
                lookup = f"{prefix}{child.relation.query_name}__"
                self.measure(instance, child, below, lookup)


class Usage:
    """All results of one recording."""

    __slots__ = ("results",)

    def __init__(self) -> None:
        self.results: list[WatchedResult] = []

    def watch(
        self, rows: Iterator[Any], result: WatchedResult, statements: Statements
    ) -> Iterator[Any]:
        """The same rows, watched; ``statements`` grows while the recorder works."""
        self.results.append(result)
        return _measured(rows, result, statements)


def _measured(rows: Iterator[Any], result: WatchedResult, statements: Statements) -> Iterator[Any]:
    """The same rows; a failure of ours ends the watching, not the rows."""
    is_first = is_fine = True
    for row in rows:
        try:
            if is_first:
                result.statement = _last_statement(statements, result.mark.built)
            if is_fine:
                result.measure(row, result.mark, result.joined)
        except Exception as error:
            is_fine = False
            faults.report("watch a result", error)
        is_first = False
        yield row
    if is_first:
        result.statement = _last_statement(statements, result.mark.built)


def _begin_to_note(mark: Mark, joined: RelatedMarks) -> None:
    mark.reads = set()
    for _, child, below in joined:
        _begin_to_note(child, below)


def _last_statement(statements: Statements, built: Built | None) -> tuple[Any, ...] | None:
    """The statement that the recorder kept just now, if it is the queryset's."""
    last = statements[-1] if statements else None
    return last if last is not None and any(value is built for value in last) else None


@cache
def _wide_columns(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """Attribute and field name of each column that has no limit of length, or a large one."""
    return tuple(
        (field.attname, field.name)
        for field in model._meta.concrete_fields
        if not field.primary_key and (field.max_length or _BOUNDED) >= _BOUNDED
    )


def _size_of(value: Any) -> int:
    if isinstance(value, str | bytes | bytearray):
        return len(value)
    if isinstance(value, memoryview):
        return value.nbytes
    return len(repr(value)) if isinstance(value, dict | list) else 0
