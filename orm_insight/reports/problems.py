"""One problem, once: hints that say the same of the same lines, gathered over many traces.

A hint belongs to one trace. Its problem has an identity that does not depend on the trace:
the rule, what it found, and the lines of code. Pure: traces and their hints come in, values go out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from orm_insight.model.catalogue import Unused, codes_of_unused, rule_of
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint, Saving, Severity
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.reports.report import Report
from orm_insight.sql.fingerprint import fingerprint

KEPT_OCCURRENCES = 5
STATEMENT_MS = 0.5
"""The time of the ORM and the driver for one statement: 0.3 to 1 ms on usual machines."""
_ID_LENGTH = 10
_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Spot(NamedTuple):
    """A call site without its columns, which an edit elsewhere in the line would move."""

    file: str
    line: int
    function: str

    @classmethod
    def of(cls, site: CallSite | None) -> Spot | None:
        return None if site is None else cls(site.file, site.line, site.function)


class Identity(NamedTuple):
    """The facts that two hints share if they are about the same problem.

    ``statement`` tells raw SQL apart, of which the ORM knows nothing and one line may issue several
    statements.
    """

    code: str
    model: str | None
    lookup: str | None
    site: Spot | None
    origin: Spot | None
    statement: str | None = None

    @classmethod
    def of(cls, hint: Hint) -> Identity:
        """The identity of a hint with its queries, as a report gives it."""
        is_raw = hint.model is None and hint.lookup is None and hint.queries
        return cls(
            hint.code,
            hint.model,
            hint.lookup,
            Spot.of(hint.site),
            Spot.of(hint.origin),
            fingerprint(hint.queries[0].sql) if is_raw else None,
        )

    @property
    def id(self) -> str:
        """Short, the same in every process, and fit for an address."""
        facts = self[:-1] if self.statement is None else self
        return sha256(json.dumps(facts).encode()).hexdigest()[:_ID_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A hint of one trace without its queries, small enough to be kept for each trace.

    ``number`` is its place in the report, from 0; ``query_ms`` the time of its queries.
    """

    identity: Identity
    number: int
    hint: Hint
    query_count: int
    query_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A trace with the problem: the number of the hint there, and what the fix saves there."""

    trace: TraceSummary
    number: int
    saving: Saving


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The same hint in one trace or many.

    ``hint`` is the newest, without its queries; ``severity`` is the worst; ``query_count``,
    ``query_ms`` and ``saving`` are sums over all traces; ``newest`` holds the newest occurrences,
    newest first.
    """

    identity: Identity
    hint: Hint
    severity: Severity
    trace_count: int
    query_count: int
    query_ms: float
    saving: Saving
    newest: tuple[Occurrence, ...]

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def at_stake_ms(self) -> float:
        """Roughly what it costs: what a fix saves, with the work that each statement makes in
        Python; where it is not known what a fix saves, the time of its queries."""
        if not self.saving.queries:
            return max(self.saving.ms, self.query_ms)
        return self.saving.ms + self.saving.queries * STATEMENT_MS


Loaded: TypeAlias = tuple[str, str | None, str | None, Spot | None]
"""Code, model and lookup of what a hint would call unused, and the line that answers for it."""


class AnalysedTrace(NamedTuple):
    """The results of a trace, without its queries.

    ``needed`` are the rows, relations and columns that a deep recording has used.
    """

    summary: TraceSummary
    findings: Collection[Finding]
    needed: Collection[Loaded] = frozenset()


def findings_of(report: Report) -> tuple[Finding, ...]:
    """The hints of a report, in its order."""
    return tuple(
        Finding(
            identity=Identity.of(hint),
            number=number,
            hint=replace(hint, queries=()),
            query_count=len(hint.queries),
            query_ms=sum(query.duration_ms for query in hint.queries),
        )
        for number, hint in enumerate(report.hints)
    )


def gather_problems(traces: Iterable[AnalysedTrace]) -> tuple[Problem, ...]:
    """The problems of traces that come newest first: what costs slowest first.

    Rows that one trace left unused and another one needed are no problem.
    """
    gathered: dict[Identity, list[_Seen]] = {}
    needed: set[Loaded] = set()
    for trace in traces:
        needed.update(trace.needed)
        for identity, same in _by_identity(trace.findings).items():
            gathered.setdefault(identity, []).append((trace.summary, same))
    problems = (
        _problem(identity, seen)
        for identity, seen in gathered.items()
        if (*identity[:3], identity.origin) not in needed
        and (*identity[:2], None, identity.site) not in needed
    )
    return tuple(sorted(problems, key=_costliest_first))


_Seen: TypeAlias = tuple[TraceSummary, list[Finding]]


def needed_in(trace: Trace) -> frozenset[Loaded]:
    """The rows, relations and columns that a deep recording has used.

    The line of a row is the call site, that of all others the origin.
    """
    return frozenset(_needed_in(trace))


def _needed_in(trace: Trace) -> Iterator[Loaded]:
    for use in trace.uses or ():
        model, origin = use.source.model, Spot.of(use.source.site)
        for relation in use.relations:
            if relation.is_used:
                yield from _loaded(Unused.RELATION, model, relation.lookup, origin)
        for column in use.columns:
            if column.is_read:
                yield from _loaded(Unused.COLUMN, model, column.lookup, origin)
        if use.is_read or use.is_handed_out:
            site = Spot.of(trace.queries[use.query].site)
            yield from _loaded(Unused.ROWS, model, None, site)


def _loaded(
    kind: Unused, model: str | None, lookup: str | None, spot: Spot | None
) -> Iterator[Loaded]:
    return ((code, model, lookup, spot) for code in codes_of_unused(kind))


def _by_identity(findings: Iterable[Finding]) -> dict[Identity, list[Finding]]:
    """One trace may have the same problem twice: a function that is called twice, say."""
    found: dict[Identity, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.identity, []).append(finding)
    return found


def _problem(identity: Identity, seen: list[_Seen]) -> Problem:
    every = [finding for _, findings in seen for finding in findings]
    return Problem(
        identity=identity,
        hint=every[0].hint,
        severity=max((finding.hint.severity for finding in every), key=_RANKS.__getitem__),
        trace_count=len(seen),
        query_count=sum(finding.query_count for finding in every),
        query_ms=sum(finding.query_ms for finding in every),
        saving=_total(every),
        newest=tuple(
            Occurrence(trace=trace, number=findings[0].number, saving=_total(findings))
            for trace, findings in seen[:KEPT_OCCURRENCES]
        ),
    )


def _total(findings: Iterable[Finding]) -> Saving:
    savings = [finding.hint.saving for finding in findings]
    return Saving(sum(saving.queries for saving in savings), sum(saving.ms for saving in savings))


def without_echoes(problems: Iterable[Problem]) -> list[Problem]:
    """Without slow statements of whose line something else is said that costs as much; the
    costliest come first."""
    kept: list[Problem] = []
    said: dict[Spot, float] = {}
    for problem in problems:
        origin, at_stake = problem.identity.origin, problem.at_stake_ms
        if origin is not None:
            if _is_only_slow(problem) and said.get(origin, 0.0) >= at_stake:
                continue
            said.setdefault(origin, at_stake)
        kept.append(problem)
    return kept


def _is_only_slow(problem: Problem) -> bool:
    """Nothing but that: where it is known what is wrong with it, a lookup says so."""
    rule = rule_of(problem.identity.code)
    return rule is not None and rule.is_of_time and problem.identity.lookup is None


def _costliest_first(problem: Problem) -> tuple[float, int, bool, str, str]:
    """By time, severity where there is none; a saving of many cheap statements comes later."""
    rank, identity = _RANKS[problem.severity], problem.identity
    return (-problem.at_stake_ms, -rank, _is_only_slow(problem), identity.code, problem.id)
