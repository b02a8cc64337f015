"""What a trace ran in: transactions of the database, a span of OpenTelemetry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

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
