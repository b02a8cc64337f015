"""How much there was to do, and when: the time of traces, by equal spans of the clock. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orm_insight.model.summary import TraceSummary

SPANS = 60
_LENGTHS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The traces that began in one span: how many, their time in the database, and the rest."""

    begins_at: datetime
    traces: int = 0
    query_ms: float = 0.0
    other_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        return self.query_ms + self.other_ms

    def plus(self, trace: TraceSummary) -> Load:
        query_ms = min(trace.query_ms, trace.duration_ms)
        return Load(
            begins_at=self.begins_at,
            traces=self.traces + 1,
            query_ms=self.query_ms + query_ms,
            other_ms=self.other_ms + trace.duration_ms - query_ms,
        )


def load_over_time(traces: Sequence[TraceSummary]) -> tuple[timedelta, tuple[Load, ...]]:
    """The length of a span, and at most ``SPANS`` of them without a gap, oldest first.

    Spans begin at round times, so that a trace that comes later does not move the others.
    """
    if not traces:
        return timedelta(), ()
    first = min(trace.started_at for trace in traces)
    last = max(trace.started_at for trace in traces)
    length = _length((last - first).total_seconds())
    begin = first.timestamp() // length * length
    count = int((last.timestamp() - begin) // length) + 1
    spans = [
        Load(begins_at=datetime.fromtimestamp(begin + number * length, tz=first.tzinfo))
        for number in range(count)
    ]
    for trace in traces:
        number = int((trace.started_at.timestamp() - begin) // length)
        spans[number] = spans[number].plus(trace)
    return timedelta(seconds=length), tuple(spans)


def _length(seconds: float) -> int:
    for length in _LENGTHS_S:
        if seconds / length < SPANS - 1:
            return length
    return int(seconds // (SPANS - 2)) + 1
