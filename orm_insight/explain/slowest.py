"""The slowest statements of a log: equal ones together, and few plans in memory."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from orm_insight.explain.auto_explain import LoggedPlan
from orm_insight.sql.fingerprint import fingerprint


@dataclass(slots=True)
class LoggedStatement:
    """How often equal statements were logged, how long they took together, and the slowest.

    ``slowest`` is ``None`` only where other statements are slower.
    """

    count: int = 0
    total_ms: float = 0.0
    max_ms: float = 0.0
    slowest: LoggedPlan | None = None


class SlowestStatements:
    """Takes any number of entries and keeps the plans of the ``limit`` slowest statements."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._statements: dict[bytes, LoggedStatement] = {}
        self._with_plan: dict[bytes, LoggedStatement] = {}

    def add(self, logged: LoggedPlan) -> None:
        text = fingerprint(logged.sql).encode(errors="replace")
        # Instead of the text, which may be long: there may be very many.
        key = blake2b(text, digest_size=16).digest()
        statement = self._statements.setdefault(key, LoggedStatement())
        statement.count += 1
        statement.total_ms += logged.duration_ms
        if statement.count == 1 or logged.duration_ms > statement.max_ms:
            statement.max_ms, statement.slowest = logged.duration_ms, logged
            self._with_plan[key] = statement
            self._make_room()

    def __len__(self) -> int:
        """How many statements differ in more than their values."""
        return len(self._statements)

    def slowest(self) -> tuple[LoggedStatement, ...]:
        """The slowest first."""
        return tuple(statement for _, statement in self._ranked()[: self._limit])

    def _make_room(self) -> None:
        """What is not among the slowest now would have to come with a slower plan to be again."""
        if len(self._with_plan) > 2 * self._limit + 10:
            ranked = self._ranked()
            for _, statement in ranked[self._limit :]:
                statement.slowest = None
            self._with_plan = dict(ranked[: self._limit])

    def _ranked(self) -> list[tuple[bytes, LoggedStatement]]:
        return sorted(self._with_plan.items(), key=lambda item: -item[1].max_ms)
