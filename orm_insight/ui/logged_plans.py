"""The slowest statements of a server's log, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from textwrap import indent
from typing import Any

from orm_insight.explain.base import NoPlan
from orm_insight.explain.logs import LogCounts, LoggedPlan, LoggedStatement
from orm_insight.explain.postgresql import parse_plan
from orm_insight.explain.postgresql.findings import find
from orm_insight.explain.serialization import plan_to_dict
from orm_insight.explain.summary import summarize
from orm_insight.explain.text import render
from orm_insight.model.plan import Plan
from orm_insight.model.schema import Schema
from orm_insight.sql.fingerprint import fingerprint
from orm_insight.ui.format import count, counted, cut, duration, printable

_MAX_SQL = 2_000
_MARGIN = "   "
_BESIDE_THE_PLAN = frozenset({"Query Text", "Query Parameters", "Query Identifier"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """The report of each statement. ``schema`` has the names of the project's models."""

    with_plans: bool = False
    schema: Schema | None = None

    def as_text(self, statements: Sequence[LoggedStatement]) -> Iterator[str]:
        """Lines for each statement: how slow it was, what it is, what is wrong with its plan."""
        for number, statement in enumerate(statements, start=1):
            if statement.slowest is not None:
                yield f"{number}. {_how_slow(statement)}"
                lines = self._about(statement.slowest)
                yield from (indent(printable(line), _MARGIN) for line in lines)
                yield ""

    def as_json(self, statements: Sequence[LoggedStatement], counts: LogCounts) -> dict[str, Any]:
        """JSON-native: ``{"version": 1, "log": …, "statements": …}``."""
        return {
            "version": 1,
            "log": asdict(counts),
            "statements": [
                self._to_dict(statement, statement.slowest)
                for statement in statements
                if statement.slowest is not None
            ],
        }

    def _about(self, logged: LoggedPlan) -> Iterator[str]:
        yield cut(logged.sql.strip(), _MAX_SQL) or "(its text was not logged)"
        if logged.parameters:
            yield f"Parameters: {cut(logged.parameters, _MAX_SQL)}"
        plan = self._read(logged)
        if isinstance(plan, str):
            yield plan
            return
        yield summarize(plan)
        for finding in plan.findings:
            yield f"- {finding.message} {finding.advice}".rstrip()
        if self.with_plans:
            yield _plan_text(logged)

    def _to_dict(self, statement: LoggedStatement, logged: LoggedPlan) -> dict[str, Any]:
        plan = self._read(logged)
        is_readable = isinstance(plan, Plan)
        made = {
            "sql": logged.sql,
            "parameters": logged.parameters,
            "fingerprint": fingerprint(logged.sql),
            "count": statement.count,
            "total_ms": statement.total_ms,
            "duration_ms": logged.duration_ms,
            "plan": plan_to_dict(plan) if isinstance(plan, Plan) else None,
            "error": None if isinstance(plan, Plan) else plan,
        }
        return {**made, "text": _plan_text(logged)} if self.with_plans and is_readable else made

    def _read(self, logged: LoggedPlan) -> Plan | str:
        """The plan, or why there is none."""
        try:
            plan = parse_plan(logged.payload)
        except NoPlan as error:
            return f"Its plan cannot be read: {error}"
        return replace(plan, findings=find(plan, schema=self.schema))


def what_was_read(counts: LogCounts, *, statements: int, shown: int, min_ms: float) -> str:
    """A sentence about the log as a whole."""
    slow = f" of at least {duration(min_ms)}" if min_ms else ""
    parts = [f"{counted(counts.plans, 'plan')}, {counted(statements, 'statement')}{slow}"]
    if shown < statements:
        parts.append(f"the slowest {count(shown)} shown" if shown > 1 else "the slowest one shown")
    if counts.broken:
        parts.append(f"{counted(counts.broken, 'broken entry', 'broken entries')} skipped")
    if counts.other_format:
        parts.append(f"{count(counts.other_format)} more not written as JSON")
    return ", ".join(parts) + "."


def _how_slow(statement: LoggedStatement) -> str:
    if statement.count == 1:
        return f"{duration(statement.max_ms)}, once"
    times = f"{count(statement.count)} times, {duration(statement.total_ms)} together"
    return f"{duration(statement.max_ms)} the slowest of {times}"


def _plan_text(logged: LoggedPlan) -> str:
    payload = logged.payload
    return render([{key: payload[key] for key in payload if key not in _BESIDE_THE_PLAN}])
