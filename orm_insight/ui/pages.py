"""The pages of the dashboard, and the fragments loaded into them, each with its template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.ui.components import (
    Depth,
    Export,
    Fact,
    Groups,
    HintCard,
    KeptBadge,
    ProblemCard,
    Queries,
    QueryDetail,
)
from orm_insight.ui.format import cut
from orm_insight.ui.plan_components import ExplainResult
from orm_insight.ui.time_components import TimeSpent

_FAILURE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The frame of every page. ``assets`` is the address in front of a file's name.

    ``pages`` are title, address, name and key of each; ``page`` is the name of this one.
    ``only_process`` names the only process in which "Pause" holds; empty where it holds for all.
    """

    home_url: str
    traces_url: str
    pages: tuple[tuple[str, str, str, str], ...]
    page: str
    keys_url: str
    assets: str
    csrf_token: str
    is_enabled: bool
    is_recording: bool
    only_process: str
    pause_url: str
    resume_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemsPage:
    """The problems of all traces. ``analysed`` is empty where there is no trace to look at."""

    template: ClassVar[str] = "pages/problems.jinja"
    shell: Shell
    problems: tuple[ProblemCard, ...]
    summary: str
    more: str
    notices: tuple[str, ...]
    is_readable: bool
    is_empty: bool
    pending: str
    analysed: str
    slowest_url: str
    json_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrace:
    """A trace in the words of the pages."""

    trace: Trace | TraceSummary

    @property
    def name(self) -> str:
        return self.trace.path or self.trace.name

    @property
    def view(self) -> str:
        """A task is called as its code is: that is said once."""
        return "" if self.trace.view in (None, self.trace.name) else self.trace.view or ""

    @property
    def status(self) -> str:
        if self.trace.status is not None:
            return str(self.trace.status)
        return "failed" if self.trace.error else ""

    @property
    def is_failure(self) -> bool:
        return bool(self.trace.error) or (self.trace.status or 0) >= _FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHeader(ShownTrace):
    """The trace that a page is about. ``span_url`` is where OpenTelemetry shows it."""

    url: str
    span_url: str | None = None

    @property
    def title(self) -> str:
        return cut(self.trace.name, 120)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLink:
    """Another trace by its name."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The origin of a trace, why it is still there, and the traces before and after it.

    ``follows_is_gone`` is true where the trace before it is no longer stored.
    """

    kept_for: tuple[KeptBadge, ...]
    is_pinned: bool
    pin_url: str
    process: str
    follows: TraceLink | None
    follows_is_gone: bool
    followers: tuple[TraceLink, ...]
    part_of: TraceLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePage:
    template: ClassVar[str] = "pages/trace.jinja"
    shell: Shell
    trace: TraceHeader
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]
    hints: tuple[HintCard, ...]
    no_hints: str
    silence: str
    groups: Groups
    time: TimeSpent | None
    queries: Queries
    exports: tuple[Export, ...]
    depth: Depth
    whereabouts: Whereabouts
    comparisons: tuple[TraceLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsPage:
    template: ClassVar[str] = "pages/groups.jinja"
    shell: Shell
    trace: TraceHeader
    title: str
    groups: Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsFragment:
    """Rows for the end of a table that is there."""

    template: ClassVar[str] = "fragments/groups.jinja"
    groups: Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class QueriesPage:
    """``notice`` says why there are no rows; ``back`` is what ``back_url`` leads to then."""

    template: ClassVar[str] = "pages/queries.jinja"
    shell: Shell
    trace: TraceHeader
    title: str
    queries: Queries
    notice: str = ""
    back_url: str = ""
    back: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueriesFragment:
    """Rows for the end of a table that is there."""

    template: ClassVar[str] = "fragments/queries.jinja"
    queries: Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPage:
    """One query; with ``result`` after an EXPLAIN without scripts."""

    template: ClassVar[str] = "pages/query.jinja"
    shell: Shell
    trace: TraceHeader
    query: QueryDetail
    previous_url: str | None
    next_url: str | None
    result: ExplainResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFragment:
    template: ClassVar[str] = "fragments/query.jinja"
    query: QueryDetail
    result: ExplainResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainFragment:
    template: ClassVar[str] = "fragments/explain.jinja"
    result: ExplainResult


@dataclass(frozen=True, slots=True, kw_only=True)
class GonePage:
    """There is no such trace or query, and the page says why."""

    template: ClassVar[str] = "pages/gone.jinja"
    shell: Shell
    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneFragment:
    template: ClassVar[str] = "fragments/gone.jinja"
    message: str
