"""What was recorded: a ``Trace`` of ``Query`` values, each with the stack that issued it.

Times are milliseconds as ``float``; ``started_ms`` counts from the start of the trace.
Lines count from 1, columns from 0 as in :mod:`ast`, in characters' UTF-8 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from orm_insight.model.owner import Owner
from orm_insight.model.surroundings import SpanReference, Transaction

if TYPE_CHECKING:
    from orm_insight.model.usage import ResultUse

TraceKind: TypeAlias = Literal["request", "command", "task", "test", "capture"]
Params: TypeAlias = tuple[Any, ...] | Mapping[str, Any] | None


class Redacted:
    """Stands where a parameter's value was withheld.

    Equal where the values were equal: ``digest`` is a hash keyed with a secret of the process,
    so that repetition can still be told from variation. It says nothing about the value.
    """

    __slots__ = ("digest",)

    def __init__(self, digest: int = 0) -> None:
        self.digest = digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Redacted) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash((Redacted, self.digest))

    def __repr__(self) -> str:
        return "<redacted>"


REDACTED = Redacted()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSite:
    """A place in source code: a line of Python, or of a template.

    ``function`` is the qualified name in Python, the tag or expression in a template.
    The end positions are ``None`` where they are not known. ``is_declaration`` is true for what a
    library reads and serves: the field of a serializer, a column of the admin.
    """

    file: str
    line: int
    column: int | None = None
    function: str = ""
    is_template: bool = False
    end_line: int | None = None
    end_column: int | None = None
    is_declaration: bool = False

    @property
    def location(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame(CallSite):
    """One entry of a stack. ``is_application`` tells the user's code from libraries."""

    is_application: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The frames of a query, innermost first, and the one that the user would edit."""

    frames: tuple[Frame, ...] = ()
    site: CallSite | None = None


RelationKind: TypeAlias = Literal["forward", "reverse_one", "many", "generic_one", "deferred"]
LoadedBy: TypeAlias = Literal["select", "prefetch", "lazy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One attribute that leads from an instance to further data.

    ``name`` is the attribute (``author``, ``comment_set``), which is what ``prefetch_related``
    takes; ``query_name`` is the name in lookups (``comment``), which is what ``select_related``
    takes. ``kind`` ``deferred`` is a column left out by ``only()`` or ``defer()``.
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
    prefetch; ``is_chunked`` for ``iterator()``; ``owner`` is the class for which a library has
    built the queryset. ``only`` and ``deferred`` are the names given to ``only()`` and ``defer()``;
    ``selected`` the lookups that are joined already, ``selects_all`` says that
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

    ``count`` is how many parameters it has in the statement; ``literal`` stands for the value
    where it has none.
    """

    lookup: str
    column: str
    count: int = 0
    is_list: bool = False
    literal: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What was asked of a related manager beyond all of its objects.

    ``order_by`` is ``None`` where the order was left as it is; ``low`` and ``high`` are the limits
    of a slice. Where ``is_readable`` is false, more was asked than these fields can say.
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

    ``source`` is the result set at the beginning, ``path`` leads from its model to the
    instance, ``relation`` is what was asked of that instance. ``path_loads`` tells for each
    step of ``path`` how it had come: ``select``, ``prefetch`` or ``lazy``.
    ``narrowing`` is ``None`` where a prefetch of the relation would have served the query as it is;
    ``was_prefetched`` is true where there had been one.
    """

    source: ResultSet
    path: tuple[Relation, ...] = ()
    path_loads: tuple[LoadedBy, ...] = ()
    relation: Relation
    narrowing: Narrowing | None = None
    was_prefetched: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the query asked for all objects of the relation, as a prefetch does."""
        return self.narrowing is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Construction:
    """How the ORM came to a query: its model, the line that built the queryset, the relation."""

    model: str | None = None
    site: CallSite | None = None
    load: RelationLoad | None = None
    owner: Owner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One executed statement.

    ``params`` keep their Python types. ``rows`` is the driver's row count, of many
    instances the ORM's where the driver does not count, or ``None``;
    ``batch_size`` the number of parameter sets of an ``executemany()``, of which ``params`` is
    the first. ``parent`` tells apart the instances that asked for a relation.
    """

    index: int
    sql: str
    params: Params = None
    alias: str = "default"
    vendor: str = ""
    started_ms: float = 0.0
    duration_ms: float = 0.0
    rows: int | None = None
    error: str | None = None
    in_transaction: bool = False
    batch_size: int | None = None
    site: CallSite | None = None
    frames: tuple[Frame, ...] = ()
    construction: Construction | None = None
    parent: int | None = None

    @property
    def origin(self) -> CallSite | None:
        """The line that built the queryset, where the ORM issued the query.

        A single related object has no queryset in the application: it is the line that reads it.
        """
        if self.construction is None:
            return None
        return self.construction.site or self.site


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedQueries:
    """Statements over the limit of a trace: only counted and summed."""

    sql: str
    site: CallSite | None
    alias: str
    count: int
    total_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything recorded for one request, command, task, test or ``capture()`` block.

    ``name`` is what a list shows (``GET /posts/``); ``status`` the HTTP status or ``None``;
    ``dropped`` the number of statements over the limit, summed up in ``overflow``. ``uses`` is
    ``None`` unless it was recorded in depth. ``host`` and ``pid`` are the machine and process that
    recorded it; ``follows`` is the id of the trace that started what this one recorded after it
    had ended; ``part_of`` that of the block around this one, which has all of its queries too.
    ``imported_at`` is when it came from a file that somebody sent: then nothing in it
    may be run or read here.
    """

    id: str
    kind: TraceKind
    name: str
    started_at: datetime
    duration_ms: float
    status: int | None = None
    queries: Sequence[Query] = ()
    dropped: int = 0
    overflow: tuple[DroppedQueries, ...] = ()
    method: str | None = None
    path: str | None = None
    view: str | None = None
    url_name: str | None = None
    error: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[ResultUse, ...] | None = None
    transactions: tuple[Transaction, ...] = ()
    host: str = ""
    pid: int = 0
    span: SpanReference | None = None
    follows: str | None = None
    part_of: str | None = None
    imported_at: datetime | None = None

    @property
    def is_imported(self) -> bool:
        return self.imported_at is not None

    @property
    def is_deep(self) -> bool:
        """Whether it is known what became of the rows that were loaded."""
        return self.uses is not None
