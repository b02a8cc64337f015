"""All traces of the ring buffer, analysed as far as one request may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from orm_insight import insight
from orm_insight.dashboard.digests import Digest, digests
from orm_insight.dashboard.links import TraceLinks, address, with_query
from orm_insight.model.summary import TraceSummary, outermost
from orm_insight.reports.problems import AnalysedTrace, Problem, gather_problems
from orm_insight.reports.workload import (
    Endpoint,
    Line,
    Measured,
    Statement,
    endpoints_of,
    lines_of,
    statements_of,
)
from orm_insight.stores.base import Listed
from orm_insight.ui.format import counted

BUDGET_S = 1.0


@dataclass(frozen=True)
class Workload:
    """The traces that are not a part of others, newest first; ``known`` are those with a digest."""

    listed: Sequence[Listed]
    traces: Sequence[TraceSummary]
    known: Sequence[tuple[TraceSummary, Digest]]

    @property
    def waiting(self) -> int:
        return len(self.traces) - len(self.known)

    @property
    def failed(self) -> int:
        return sum(digest.is_failed for _, digest in self.known)

    @property
    def analysed(self) -> int:
        return len(self.known) - self.failed

    @property
    def pending(self) -> str:
        return f"{counted(self.waiting, 'trace')} not analysed yet." if self.waiting else ""

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        return gather_problems(
            AnalysedTrace(each, digest.findings, digest.needed) for each, digest in self.known
        )

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        problems = {each.id: digest.problems for each, digest in self.known}
        none: frozenset[str] = frozenset()
        return endpoints_of(Measured(each, (), problems.get(each.id, none)) for each in self.traces)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return lines_of(self._measured)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        return statements_of(self._measured)

    @property
    def _measured(self) -> list[Measured]:
        return [Measured(each, digest.parts) for each, digest in self.known]


def look(*, budget_s: float = BUDGET_S) -> Workload:
    listed = insight.listed()
    # Imported traces come from another machine: their times say nothing about this project.
    traces = outermost([entry.summary for entry in listed if not entry.summary.is_imported])
    digests.work(traces, budget_s=budget_s)
    known = [(each, digest) for each in traces if (digest := digests.get(each)) is not None]
    return Workload(listed, traces, known)


def newest_url(problem: Problem) -> str:
    """The page of the problem's hint in its newest trace."""
    return TraceLinks(problem.newest[0].trace.id).hint_page(problem.id)


def traces_of(name: str) -> Callable[[str], str]:
    """Return the function from the id of a ranking's row to the address of its traces."""
    return lambda id: with_query(address("traces"), **{name: id})
