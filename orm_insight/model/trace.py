"""What was recorded: a ``Trace`` of ``Query`` values, each with the stack that issued it.

Times are milliseconds as ``float``; ``started_ms`` counts from the start of the trace.
Lines count from 1, columns from 0 as in :mod:`ast`, in characters' UTF-8 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from orm_insight.model.frames import CallSite, Frame
from orm_insight.model.provenance import Construction

if TYPE_CHECKING:
    from orm_insight.model.provenance import ResultUse


# What a trace ran in: transactions of the database, a span of OpenTelemetry.

TransactionOutcome: TypeAlias = Literal["committed", "rolled back", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction of one connection: from its begin to the end of its COMMIT or ROLLBACK.

    ``end_ms`` is how long that last statement took, a part of ``duration_ms``. An ``open`` one had
    not ended with the trace.
    """

    alias: str
    started_ms: float
    duration_ms: float
    outcome: TransactionOutcome
    end_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanReference:
    """The OpenTelemetry span during which a trace was recorded; both ids in lower-case hex.

    What was not sampled is known to no other tool.
    """

    trace_id: str
    span_id: str
    is_sampled: bool = True


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
