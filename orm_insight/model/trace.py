"""A recorded ``Trace``: its ``Query`` values, and the transactions and the span around them.

Times are milliseconds as ``float``; ``started_ms`` counts from the start of the trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from orm_insight.model.frames import CallSite, Frame
from orm_insight.model.provenance import Construction, ResultUse

TransactionOutcome: TypeAlias = Literal["committed", "rolled back", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction of one connection: from its beginning to the end of its COMMIT or ROLLBACK.

    ``end_ms`` is the duration of that last statement, a part of ``duration_ms``. An ``open``
    transaction had not ended when the trace did.
    """

    alias: str
    started_ms: float
    duration_ms: float
    outcome: TransactionOutcome
    end_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanReference:
    """The OpenTelemetry span during which a trace was recorded; both ids in lower-case hex.

    No other tool knows a span that was not sampled.
    """

    trace_id: str
    span_id: str
    is_sampled: bool = True


TraceKind: TypeAlias = Literal["request", "command", "task", "test", "capture"]
Params: TypeAlias = tuple[Any, ...] | Mapping[str, Any] | None


class Redacted:
    """Stands for a parameter's value that was withheld.

    Equal values have equal stand-ins: ``digest`` is a hash keyed with a secret of the process, so
    that repetition can still be told from variation. It says nothing about the value.
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

    ``params`` keep their Python types. ``rows`` is the driver's row count; if the driver does not
    count, it is the number of instances the ORM has made, or ``None``. ``batch_size`` is the number
    of parameter sets of an ``executemany()``, of which ``params`` is the first. ``parent`` tells
    apart the instances that asked for a relation.
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
        """The line that built the queryset, if the ORM issued the query.

        A single related object has no queryset in the application: its origin is the line that
        reads it.
        """
        return None if self.construction is None else self.construction.site or self.site


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedQueries:
    """Statements over the limit of a trace: only counted and summed."""

    sql: str
    site: CallSite | None
    alias: str
    count: int
    total_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFacts:
    """The facts that a ``Trace`` and its summary share.

    ``name`` is the name in a list (``GET /posts/``); ``status`` the HTTP status or ``None``;
    ``dropped`` the number of statements over the limit. ``host`` and ``pid`` are the machine and
    the process that recorded it. ``follows`` is the id of a trace that had ended, and left behind
    the thread or task that is recorded here. ``part_of`` is the id of the block around this one,
    which also has all of its queries. ``imported_at`` is the time at which it was read from a file
    that somebody sent: then nothing in it may be run or read here.
    """

    id: str
    kind: TraceKind
    name: str
    started_at: datetime
    duration_ms: float
    status: int | None = None
    dropped: int = 0
    method: str | None = None
    path: str | None = None
    view: str | None = None
    url_name: str | None = None
    error: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    pid: int = 0
    follows: str | None = None
    part_of: str | None = None
    imported_at: datetime | None = None

    @property
    def is_imported(self) -> bool:
        return self.imported_at is not None

    @property
    def endpoint(self) -> str:
        """The name that traces of the same code share: the URL's, else the view's or their own."""
        route = self.url_name or self.view or self.path or self.name
        return f"{self.kind} {self.method or ''} {route}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace(TraceFacts):
    """Everything recorded for one request, command, task, test or ``capture()`` block.

    ``overflow`` sums up the statements over the limit. ``uses`` is ``None`` unless this is a deep
    recording.
    """

    queries: Sequence[Query] = ()
    overflow: tuple[DroppedQueries, ...] = ()
    uses: tuple[ResultUse, ...] | None = None
    transactions: tuple[Transaction, ...] = ()
    span: SpanReference | None = None

    @property
    def is_deep(self) -> bool:
        """Return whether the trace tells which of the loaded rows were used."""
        return self.uses is not None
