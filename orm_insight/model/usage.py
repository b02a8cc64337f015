"""What became of the rows that a trace loaded: only known where it was recorded in depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from orm_insight.model.trace import ResultSet

EagerMethod: TypeAlias = Literal["select_related", "prefetch_related"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EagerRelation:
    """A relation that a queryset was told to load along with its rows.

    ``used`` is the part of ``lookup`` that was read from any row: all of it, a beginning, or
    nothing. ``queries`` are the indexes of the statements that loaded what was not read.
    ``is_plain`` is false where a ``Prefetch`` has a queryset or an attribute of its own for it.
    """

    method: EagerMethod
    lookup: str
    used: str
    queries: tuple[int, ...] = ()
    is_plain: bool = True

    @property
    def is_used(self) -> bool:
        return self.used == self.lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class WideColumn:
    """A column without a limit of length: ``lookup`` is what ``defer()`` takes, ``size`` the bytes
    that were loaded for it, and ``is_read`` says whether the value of any row was read."""

    lookup: str
    size: int
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultUse:
    """One evaluated queryset, and what was read of its rows until the trace ended.

    ``query`` is the index of its statement. ``is_read`` says that an attribute of a row was read,
    ``is_handed_out`` that the queryset was iterated over or indexed, ``is_counted`` that
    it was asked for its length. ``is_below`` is true for the objects of a prefetch, whose queryset
    is Django's.
    """

    source: ResultSet
    query: int
    is_read: bool
    is_handed_out: bool
    is_counted: bool = False
    is_below: bool = False
    relations: tuple[EagerRelation, ...] = ()
    columns: tuple[WideColumn, ...] = ()
