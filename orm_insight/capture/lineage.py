"""The origin of live objects: ``Built`` on a query, ``Mark`` on an instance.

Both vanish when their carrier is pickled or copied, and hold no instance of the application.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from orm_insight.model.provenance import LoadedBy, Relation

KEY = "_orm_insight"
"""The attribute that keeps them, of a query and of an instance's state."""
PARENT = "_orm_insight_parent"
"""The attribute of a query that tells apart the instances whose relation it loads."""
USE = "_orm_insight_use"
"""The attribute of a queryset that leads to the ``WatchedResult`` of a deep recording."""

Site: TypeAlias = tuple[Any, ...]
"""A raw site: ``(code, offset)``, ``(template node,)`` or ``(class, kind, field, is for many)``; in
the last one, ``code, offset`` may stand for the class. ``assemble`` resolves it."""


def forgotten() -> None:
    """Stand in for a mark or a ``Built`` after pickling or copying."""


@dataclass(slots=True, eq=False)
class Built:
    """The place where a query was built, and the relation of an instance that it loads, if any.

    ``site`` stays empty if the relation says enough: a single object is loaded on the line that
    reads it. ``base`` is the shape that a related manager gave its query, ``filters`` the number of
    conditions that it adds after that. ``was_prefetched`` says that a prefetch has filled it.
    """

    model: Any
    site: Site | None
    relation: Relation | None = None
    mark: Mark | None = None
    filters: int = 0
    base: tuple[Any, ...] | None = None
    was_prefetched: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        return forgotten, ()


class ObjectLoad(NamedTuple):
    """The load of a single related object, the same one for all rows of a result.

    ``mark`` is the mark of the object, ``key`` the attribute with the row's primary key.
    """

    built: Built
    mark: Mark
    key: str


@dataclass(slots=True, eq=False)
class Mark:
    """The result of an instance; ``parent`` and ``relation`` tell how the instance was reached.

    ``only`` is the ORM's ``deferred_loading``: names, and whether these are the ones left out;
    ``selected`` is its ``select_related``. ``above`` is the mark of the instances for which a
    ``Prefetch`` with its own queryset loaded the rows. ``reads`` are the attributes of its rows
    that a deep recording saw being read.
    """

    built: Built | None
    model: Any
    parent: Mark | None = None
    relation: Relation | None = None
    how: LoadedBy = "lazy"
    count: int = 0
    is_chunked: bool = False
    is_combined: bool = False
    only: tuple[Any, bool] | None = None
    selected: Any = False
    above: Mark | None = None
    reads: set[str] | None = None
    # By id of the descriptor that loads; the descriptors live as long as their model.
    loads: dict[int, ObjectLoad] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        return forgotten, ()

    def is_one_of_many(self) -> bool:
        """Return whether any result on the way here had, or may have had, more than one row."""
        mark: Mark | None = self
        while mark is not None:
            if mark.count > 1 or mark.is_chunked:
                return True
            mark = mark.parent
        return False


RelatedMarks: TypeAlias = list[tuple[str, Mark, Any]]
"""Each relation of ``select_related()``: its cache name, its mark, and the relations below it."""
