"""Which slow statements are explained without asking, and when: few, and the slowest first.

Pure but for the clock that it is given. Not safe for threads: one worker uses it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import NamedTuple

from orm_insight.explain.base import PLANS_WITHOUT_VALUES, lacks_values
from orm_insight.explanations import Statement, statement_of
from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Query, Trace

MAX_WAITING = 20
MINUTE_S = 60.0
REST_S = 600.0
"""A statement that was explained is left alone for so long."""


class SlowQuery(NamedTuple):
    """A query of a trace, and when it was put on the list."""

    trace_id: str
    query: Query
    since: float


class SlowQueries:
    """A bounded list of statements to explain, at most so many a minute."""

    def __init__(
        self,
        *,
        threshold_ms: float,
        per_minute: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.dropped = 0
        self._threshold_ms = threshold_ms
        self._clock = clock
        self._waiting: dict[Statement, SlowQuery] = {}
        self._explained: dict[Statement, float] = {}
        self._taken: deque[float] = deque(maxlen=per_minute)

    def add(self, trace: Trace) -> None:
        """Put the slow statements of a trace on the list, each once."""
        now = self._clock()
        rested = now - REST_S
        self._explained = {key: at for key, at in self._explained.items() if at > rested}
        slowest: dict[Statement, Query] = {}
        for query in _slow(trace, self._threshold_ms):
            slowest.setdefault(statement_of(query), query)
        for statement, query in slowest.items():
            if statement not in self._explained:
                self._put(statement, SlowQuery(trace.id, query, now))

    def seconds_to_wait(self) -> float | None:
        """Until the next one may be taken; ``None`` where none is on the list."""
        now = self._clock()
        self._drop(s for s, slow in self._waiting.items() if now - slow.since > MINUTE_S)
        if not self._waiting:
            return None
        if len(self._taken) < (self._taken.maxlen or 0):
            return 0.0
        return max(self._taken[0] + MINUTE_S - now, 0.0)

    def take(self) -> SlowQuery:
        """The slowest one, off the list."""
        statement = max(self._waiting, key=self._duration_ms)
        self._explained[statement] = self._clock()
        self._taken.append(self._clock())
        return self._waiting.pop(statement)

    def _put(self, statement: Statement, slow: SlowQuery) -> None:
        held = self._waiting.get(statement)
        if held is None or held.query.duration_ms < slow.query.duration_ms:
            self._waiting[statement] = slow
        if len(self._waiting) > MAX_WAITING:
            self._drop([min(self._waiting, key=self._duration_ms)])

    def _drop(self, statements: Iterator[Statement] | Sequence[Statement]) -> None:
        for statement in list(statements):
            del self._waiting[statement]
            self.dropped += 1

    def _duration_ms(self, statement: Statement) -> float:
        return self._waiting[statement].query.duration_ms


def has_slow(trace: Trace, threshold_ms: float) -> bool:
    """Whether there is anything to explain; costs next to nothing."""
    return max(_durations(trace), default=0.0) >= threshold_ms


def _slow(trace: Trace, threshold_ms: float) -> Iterator[Query]:
    """The slow queries that can have a plan, the slowest first."""
    durations = _durations(trace)
    indexes = (index for index, ms in enumerate(durations) if ms >= threshold_ms)
    for index in sorted(indexes, key=durations.__getitem__, reverse=True):
        query = trace.queries[index]
        if query.vendor in PLANS_WITHOUT_VALUES or not lacks_values(query.params):
            yield query


def _durations(trace: Trace) -> Sequence[float]:
    queries = trace.queries
    if isinstance(queries, QueryLog):
        return queries.durations_ms
    return [query.duration_ms for query in queries]
