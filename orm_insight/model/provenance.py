"""The way a query came about: its queryset, the relation it loads, and the use of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from orm_insight.model.frames import CallSite

OwnerKind: TypeAlias = Literal[
    "view",
    "changelist",
    "admin",
    "formfield",
    "filter",
    "form",
    "formset",
    "shortcut",
    "serializer",
    "graphql",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The class for which a library builds a queryset, and its role there.

    ``view`` is a generic view or a viewset; ``changelist`` a ``ModelAdmin`` that shows its list,
    ``admin`` one that does anything else, or an inline; ``formfield``, ``filter``, ``form`` and
    ``serializer`` choose ``field`` from the queryset's objects; ``graphql`` resolves it.
    ``formset`` and ``shortcut`` are no classes: a call that could be given the queryset.
    ``name`` is empty if the class is not known, ``members`` are the names in its body, ``manager``
    is the name of the model's default manager. ``is_many`` is true of a field that chooses several
    objects, ``is_view`` if a view makes the form.
    """

    kind: OwnerKind
    name: str = ""
    field: str = ""
    members: frozenset[str] = frozenset()
    manager: str = "objects"
    is_many: bool = False
    is_view: bool = False


# -- how the ORM came to a query --------------------------------------------------------------

RelationKind: TypeAlias = Literal["forward", "reverse_one", "many", "generic_one", "deferred"]
LoadedBy: TypeAlias = Literal["select", "prefetch", "lazy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One attribute that leads from an instance to further data.

    ``name`` is the attribute (``author``, ``comment_set``): ``prefetch_related`` takes it.
    ``query_name`` is the name in lookups (``comment``): ``select_related`` takes it. The ``kind``
    ``deferred`` is a column left out by ``only()`` or ``defer()``.
    """

    model: str
    name: str
    query_name: str
    kind: RelationKind
    related_model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSet:
    """The rows of one evaluated queryset, and how its instances were reached from it.

    ``model`` is the model of the queryset, ``site`` the line that built it, ``rows`` how many
    instances were read. ``is_raw`` is true for ``Manager.raw()``, which takes no
    ``select_related``; ``is_combined`` for ``union()`` and its like, which take neither it nor a
    prefetch; ``is_chunked`` for ``iterator()``. ``owner`` is the class for which a library has
    built the queryset. ``only`` and ``deferred`` are the names given to ``only()`` and ``defer()``,
    ``selected`` the lookups that are joined already. ``selects_all`` is true if
    ``select_related()`` named none.
    """

    number: int
    model: str
    site: CallSite | None
    rows: int
    is_raw: bool = False
    is_combined: bool = False
    is_chunked: bool = False
    owner: Owner | None = None
    only: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    selects_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of a ``filter()``: the lookup, and the column of its parameters.

    ``count`` is the number of its parameters in the statement; ``literal`` is its value if it has
    no parameter.
    """

    lookup: str
    column: str
    count: int = 0
    is_list: bool = False
    literal: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A question to a related manager that asks for other than all of its objects.

    ``order_by`` is ``None`` if the order was left as it is; ``low`` and ``high`` are the limits of
    a slice. If ``is_readable`` is false, these fields do not say all that was asked.
    """

    conditions: tuple[Condition, ...] = ()
    order_by: tuple[str, ...] | None = None
    is_distinct: bool = False
    low: int = 0
    high: int | None = None
    selected: tuple[str, ...] = ()
    is_readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationLoad:
    """A relation that an instance loaded on access.

    ``source`` is the result set at the beginning, ``path`` leads from its model to the instance,
    and ``relation`` was asked of that instance. ``path_loads`` tells how each step of ``path`` was
    loaded: ``select``, ``prefetch`` or ``lazy``. ``narrowing`` is ``None`` if a prefetch of the
    relation would have served the query as it is; ``was_prefetched`` is true if there was one.
    """

    source: ResultSet
    path: tuple[Relation, ...] = ()
    path_loads: tuple[LoadedBy, ...] = ()
    relation: Relation
    narrowing: Narrowing | None = None
    was_prefetched: bool = False

    @property
    def is_plain(self) -> bool:
        """Return whether the query asked for all objects of the relation, as a prefetch does."""
        return self.narrowing is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Construction:
    """How the ORM came to a query: its model, the line that built the queryset, the relation."""

    model: str | None = None
    site: CallSite | None = None
    load: RelationLoad | None = None
    owner: Owner | None = None


# -- the use of loaded rows, known of a deep recording only -----------------------------------

EagerMethod: TypeAlias = Literal["select_related", "prefetch_related"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EagerRelation:
    """A relation that a queryset was told to load along with its rows.

    ``used`` is the part of ``lookup`` that was read from any row: all of it, a beginning, or
    nothing. ``queries`` are the indexes of the statements whose rows were not read. ``is_plain`` is
    false of a ``Prefetch`` with a queryset or an attribute of its own.
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
    """A column without a limit of length: its ``lookup`` for ``defer()``, the ``size`` of its
    loaded values in bytes, and whether the value of any row was read."""

    lookup: str
    size: int
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultUse:
    """One evaluated queryset, and the use of its rows until the trace ended.

    ``query`` is the index of its statement. ``is_read`` says that an attribute of a row was read,
    ``is_handed_out`` that the queryset was iterated over or indexed, ``is_counted`` that its length
    was asked for. ``is_below`` is true for the objects of a prefetch, whose queryset is Django's.
    """

    source: ResultSet
    query: int
    is_read: bool
    is_handed_out: bool
    is_counted: bool = False
    is_below: bool = False
    relations: tuple[EagerRelation, ...] = ()
    columns: tuple[WideColumn, ...] = ()
