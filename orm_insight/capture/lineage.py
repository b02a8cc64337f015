"""Where live objects come from: ``Built`` on a query, ``Mark`` on an instance.

Both vanish when what carries them is pickled or copied, and hold no instance of the application.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from orm_insight.model.provenance import LoadedBy, Relation

KEY = "_orm_insight"
"""The attribute in which they are kept, of a query and of an instance's state."""
PARENT = "_orm_insight_parent"
"""The attribute of a query that tells apart the instances whose relation it loads."""

USE = "_orm_insight_use"
"""The attribute of a queryset that leads to what is known of its rows, in a recording in depth."""

Site: TypeAlias = tuple[Any, ...]
"""Raw: ``(code, offset)`` or ``(template node,)``; ``(class, what it is, field, whether
that is one for many)``, or with ``code, offset`` for the class. Resolved by ``sources``."""


def forgotten() -> None:
    """What stands for a mark or a ``Built`` after pickling or copying."""


class Built:
    """Where a query was built, and for which relation of which instance, if for one.

    ``site`` stays empty where the relation says enough: a single object is loaded on the line that
    reads it. ``base`` is the shape that a related manager gave its query, ``filters`` the number of
    conditions that it adds after that, and ``was_prefetched`` says that a prefetch has filled it.
    """

    __slots__ = ("base", "filters", "mark", "model", "relation", "site", "was_prefetched")

    def __init__(
        self,
        model: Any,
        site: Site | None,
        relation: Relation | None = None,
        mark: Mark | None = None,
        filters: int = 0,
    ) -> None:
        self.model = model
        self.site = site
        self.relation = relation
        self.mark = mark
        self.filters = filters
        self.base: tuple[Any, ...] | None = None
        self.was_prefetched = False

    def __reduce__(self) -> tuple[Any, ...]:
        return forgotten, ()


class ObjectLoad(NamedTuple):
    """What loads a single related object: for all rows of a result the same.

    ``mark`` is that of the object, ``key`` the attribute that holds the row's primary key.
    """

    built: Built
    mark: Mark
    key: str


class Mark:
    """The result an instance came from; ``parent`` and ``relation`` lead to how it was reached.

    ``only`` is the ORM's ``deferred_loading``: names, and whether these are the ones left out;
    ``selected`` its ``select_related``.
    ``above`` is the mark of those for whom a ``Prefetch`` with its own queryset loaded the rows.
    ``reads`` are the attributes that were read of its rows, in a recording in depth.
    """

    __slots__ = (
        "above",
        "built",
        "count",
        "how",
        "is_chunked",
        "is_combined",
        "loads",
        "model",
        "only",
        "parent",
        "reads",
        "relation",
        "selected",
    )

    def __init__(
        self,
        built: Built | None,
        model: Any,
        parent: Mark | None = None,
        relation: Relation | None = None,
        how: LoadedBy = "lazy",
    ) -> None:
        self.built = built
        self.model = model
        self.parent = parent
        self.relation = relation
        self.how: LoadedBy = how
        self.count = 0
        self.is_chunked = False
        self.is_combined = False
        self.only: tuple[Any, bool] | None = None
        self.selected: Any = False
        self.above: Mark | None = None
        self.reads: set[str] | None = None
        # By id of the descriptor that loads; the descriptors live as long as their model.
        self.loads: dict[int, ObjectLoad] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return forgotten, ()

    def is_one_of_many(self) -> bool:
        """Whether any result on the way here had, or may have had, more than one row."""
        mark: Mark | None = self
        while mark is not None:
            if mark.count > 1 or mark.is_chunked:
                return True
            mark = mark.parent
        return False


RelatedMarks: TypeAlias = list[tuple[str, Mark, Any]]
"""For each relation of ``select_related()``: cache name, mark, and what is below."""
