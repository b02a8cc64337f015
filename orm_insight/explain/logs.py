"""PostgreSQL's own record of slow statements: the JSON plans of ``auto_explain`` in a server's log.

Reads the log line by line, whatever its size, in each of PostgreSQL's formats: ``stderr`` with any
``log_line_prefix``, ``csvlog`` and ``jsonlog``. No files here: whoever asks opens them.
See https://www.postgresql.org/docs/current/auto-explain.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import blake2b
from typing import Any

from orm_insight.sql.fingerprint import fingerprint

MAX_ENTRY = 32 * 2**20
"""The characters of an entry, above which it is taken for broken."""

_MARK = " ms  plan:"
_MESSAGE = re.compile(r"duration: (\d+\.\d+) ms  plan:\n(.*)", re.DOTALL)
_IN_CSV = re.compile(r'\d{4}-\d\d-\d\d [^,]+,.*,"duration: (\d+\.\d+) ms  plan:')
# A line that begins with a tab goes on with the message above it. The five letters and digits are
# there with log_error_verbosity = verbose.
_IN_STDERR = re.compile(r"(?!\t).*?\b[A-Z]+\d?:  (?:[0-9A-Z]{5}: )?duration: (\d+\.\d+) ms  plan:")
_OTHER_FORMAT = re.compile(r"\s*(?:\"*Query Text\"*: |<explain )")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedPlan:
    """One entry: how long the statement took, its text, its parameters as PostgreSQL wrote them.

    ``payload`` is for ``parse_plan``. It has the duration as the time of execution where the plan
    was measured, because ``auto_explain`` writes it next to the plan.
    """

    duration_ms: float
    sql: str
    parameters: str
    payload: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class LogCounts:
    """The counts until now: ``other_format`` are plans that are not written as JSON."""

    plans: int = 0
    broken: int = 0
    other_format: int = 0


class _State(Enum):
    OPEN = auto()
    COMPLETE = auto()
    BROKEN = auto()
    OTHER_FORMAT = auto()


@dataclass(slots=True, kw_only=True)
class _Entry:
    """An entry whose lines are being collected. All have the beginning of the first one."""

    duration_ms: float
    is_csv: bool
    indent: str | None = None
    size: int = 0
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> _State:
        """Take the next line, or refuse it: ``BROKEN`` and ``OTHER_FORMAT`` leave it out."""
        if self.indent is None:
            return self._begin(line)
        self.size += len(line)
        if not line.startswith(self.indent) or self.size > MAX_ENTRY:
            return _State.BROKEN
        content = line[len(self.indent) :]
        if content.startswith('}"' if self.is_csv else "}"):
            self.lines.append("}")
            return _State.COMPLETE
        self.lines.append(content)
        return _State.OPEN

    def _begin(self, line: str) -> _State:
        if line.endswith("{"):
            self.indent = line[:-1]
            self.lines.append("{")
            return _State.OPEN
        return _State.OTHER_FORMAT if _OTHER_FORMAT.match(line) else _State.BROKEN

    def text(self) -> str:
        text = "\n".join(self.lines)
        return text.replace('""', '"') if self.is_csv else text


class AutoExplainLog:
    """The plans in the lines of a log, in their order; ``counts`` fills as they are read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.counts = LogCounts()
        self._lines = lines
        self._is_csv = False

    def __iter__(self) -> Iterator[LoggedPlan]:
        entry: _Entry | None = None
        for raw in self._lines:
            line = raw.rstrip("\r\n")
            begun = self._begin(line)
            if entry is not None:
                state = _State.BROKEN if begun else entry.add(line)
                if state is _State.OPEN:
                    continue
                if state is _State.COMPLETE:
                    yield from self._read(entry.duration_ms, entry.text())
                else:
                    self._count(state)
            if begun is None and line.startswith("{") and _MARK in line:
                yield from self._read_json_line(line)
            entry = begun
        if entry is not None:
            self._count(_State.BROKEN)

    def _begin(self, line: str) -> _Entry | None:
        """The entry that this line announces."""
        if not line.endswith(_MARK):
            return None
        if found := _IN_CSV.fullmatch(line):
            self._is_csv = True
        elif not self._is_csv:
            # In CSV such a line can only be part of a statement.
            found = _IN_STDERR.fullmatch(line)
        return _Entry(duration_ms=float(found[1]), is_csv=self._is_csv) if found else None

    def _read_json_line(self, line: str) -> Iterator[LoggedPlan]:
        try:
            message = json.loads(line)["message"]
        except (ValueError, KeyError, RecursionError):
            self._count(_State.BROKEN)
            return
        found = _MESSAGE.fullmatch(message) if isinstance(message, str) else None
        if found and _OTHER_FORMAT.match(found[2]):
            self._count(_State.OTHER_FORMAT)
        elif found:
            yield from self._read(float(found[1]), found[2])

    def _read(self, duration_ms: float, text: str) -> Iterator[LoggedPlan]:
        try:
            payload = json.loads(text)
        except (ValueError, RecursionError):
            payload = None
        if not isinstance(payload, dict) or not isinstance(payload.get("Plan"), dict):
            self._count(_State.BROKEN)
            return
        if "Actual Loops" in payload["Plan"]:
            payload.setdefault("Execution Time", duration_ms)
        self.counts.plans += 1
        yield LoggedPlan(
            duration_ms=duration_ms,
            sql=str(payload.get("Query Text", "")),
            parameters=str(payload.get("Query Parameters", "")),
            payload=payload,
        )

    def _count(self, state: _State) -> None:
        if state is _State.OTHER_FORMAT:
            self.counts.other_format += 1
        else:
            self.counts.broken += 1


# The slowest statements of a log: equal ones together, and few plans in memory.


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
        """Drop the plans of faster statements: only a slower plan could bring one back."""
        if len(self._with_plan) > 2 * self._limit + 10:
            ranked = self._ranked()
            for _, statement in ranked[self._limit :]:
                statement.slowest = None
            self._with_plan = dict(ranked[: self._limit])

    def _ranked(self) -> list[tuple[bytes, LoggedStatement]]:
        return sorted(self._with_plan.items(), key=lambda item: -item[1].max_ms)
