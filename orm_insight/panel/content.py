"""The content of the panel: hints first, then the call sites.

It is limited to the slowest call sites, and to the slowest executions of each statement. The
dashboard has the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.urls import NoReverseMatch, reverse

from orm_insight.analysis.groups import QueryGroup
from orm_insight.conf import get_config
from orm_insight.dashboard.links import TraceLinks
from orm_insight.explain.base import Explanation
from orm_insight.explain.history import KeptExplanation
from orm_insight.model.frames import CallSite
from orm_insight.model.trace import Query, Trace
from orm_insight.reports.report import Report
from orm_insight.ui.components import Fact, HintCard, Place, QueryDetail, SqlText
from orm_insight.ui.format import count, counted, cut, duration, percent, queries
from orm_insight.ui.hints import hint_cards, silence_note
from orm_insight.ui.plan_components import ExplainResult, TryForm
from orm_insight.ui.plans import explain_result
from orm_insight.ui.queries import parameters, query_detail
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_block

MAX_HINTS = 12
MAX_LINES = 25
MAX_STATEMENTS = 8
MAX_RUNS = 5
_MAX_PARAMETERS = 140


def panel_content(
    report: Report, links: PanelLinks, *, stylesheet: str, signed: str
) -> PanelContent:
    sources = Sources(report.trace)
    lines = _by_site(report.groups)
    return PanelContent(
        stylesheet=stylesheet,
        facts=tuple(_facts(report)),
        hints=hint_cards(report, links, sources)[:MAX_HINTS],
        more_hints=_more(len(report.hints) - MAX_HINTS, "hint", "with smaller savings"),
        no_hints=_no_hints(report),
        silence=silence_note(report),
        lines=tuple(_line(groups, report, links, sources) for groups in lines[:MAX_LINES]),
        more=_more(len(lines) - MAX_LINES, "line", "with less time"),
        signed=signed,
        full_url=links.trace(),
        depth_url=None if report.trace.is_deep else links.depth(),
    )


def panel_plan(
    explanation: Explanation,
    trace: Trace,
    links: PanelLinks,
    *,
    stylesheet: str,
    signed: str,
    kept: Sequence[KeptExplanation] = (),
) -> PanelPlan:
    query = explanation.query
    action = links.explain(query.index)
    form = TryForm(action=action or "", token_name="signed", token=signed, is_remote=True)
    return PanelPlan(
        stylesheet=stylesheet,
        result=explain_result(explanation, links, form=form if action else None, kept=kept),
        query=query_detail(query, links, Sources(trace)),
        explain_url=action,
        signed=signed,
    )


def _more(left: int, noun: str, which: str) -> str:
    return f"{counted(left, noun)} more, {which}." if left > 0 else ""


def _no_hints(report: Report) -> str:
    if report.silenced:
        return "No hints other than ignored ones."
    return "No hints: no query of this page is known to be wasteful."


def _facts(report: Report) -> Iterable[Fact]:
    yield Fact(label="Queries", value=count(report.query_count))
    yield Fact(
        label="In the database",
        value=duration(report.query_ms),
        note=f"{percent(report.share)} of {duration(report.trace.duration_ms)}",
        bar=report.share,
    )
    if report.duplicates:
        yield Fact(
            label="Duplicates",
            value=count(report.duplicates),
            note="exact: same SQL, same parameters",
        )
    if report.trace.dropped:
        yield Fact(
            label="Not kept", value=count(report.trace.dropped), note="above the limit per trace"
        )


def _by_site(groups: Iterable[QueryGroup]) -> list[list[QueryGroup]]:
    """The groups of each line, the line with the most time first."""
    lines: dict[CallSite | None, list[QueryGroup]] = {}
    for group in groups:
        lines.setdefault(group.site, []).append(group)
    return sorted(lines.values(), key=lambda line: -sum(group.total_ms for group in line))


def _line(groups: list[QueryGroup], report: Report, links: PanelLinks, sources: Sources) -> Line:
    site = groups[0].site
    total_ms = sum(group.total_ms for group in groups)
    duplicates = sum(group.duplicates for group in groups)
    whole = report.trace.duration_ms
    share = min(total_ms / whole, 1.0) if whole else 0.0
    shown = groups[:MAX_STATEMENTS]
    runs = max(MAX_RUNS // len(shown), 1)
    return Line(
        place=sources.place(site) if site else None,
        count=count(sum(group.count for group in groups)),
        total=duration(total_ms),
        share=share,
        share_text=percent(share),
        duplicates=counted(duplicates, "duplicate") if duplicates else "",
        codes=tuple(sorted({h.code for h in report.hints if site and site in (h.site, *h.sites)})),
        statements=tuple(_statement(group, runs, links) for group in shown),
        more=_more(len(groups) - len(shown), "statement", "with less time"),
    )


def _statement(group: QueryGroup, limit: int, links: PanelLinks) -> Statement:
    slowest = sorted(group.queries, key=lambda query: -query.duration_ms)[:limit]
    left = group.count - len(slowest)
    return Statement(
        sql=sql_block(group.queries[0].sql if group.queries else group.fingerprint),
        count=queries(group.count),
        total=duration(group.total_ms),
        average=f"{duration(group.average_ms)} each" if group.count > 1 else "",
        duplicates=counted(group.duplicates, "duplicate") if group.duplicates else "",
        alias=group.alias if group.alias != "default" else None,
        runs=tuple(_run(query, links) for query in slowest),
        more=f"{count(left)} more" if left > 0 else "",
    )


def _run(query: Query, links: PanelLinks) -> Run:
    values = ", ".join(parameter.text for parameter in parameters(query.params))
    return Run(
        index=query.index,
        duration=duration(query.duration_ms),
        rows="" if query.rows is None else counted(query.rows, "row"),
        parameters=cut(values, _MAX_PARAMETERS),
        error=cut(query.error or "", _MAX_PARAMETERS),
        explain_url=links.explain(query.index),
        url=links.query(query.index),
    )


# Contexts of the templates.


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a statement. ``url`` is its page."""

    index: int
    duration: str
    rows: str
    parameters: str
    error: str
    explain_url: str | None
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of one line; ``runs`` are the slowest executions."""

    sql: SqlText
    count: str
    total: str
    average: str
    duplicates: str
    alias: str | None
    runs: tuple[Run, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of code, or of a template, and its statements. ``share`` is of the trace's time."""

    place: Place | None
    count: str
    total: str
    share: float
    share_text: str
    duplicates: str
    codes: tuple[str, ...]
    statements: tuple[Statement, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelContent:
    """A trace in the panel. ``signed`` proves that the form for EXPLAIN was made here."""

    template: ClassVar[str] = "panel/content.jinja"
    stylesheet: str
    facts: tuple[Fact, ...]
    hints: tuple[HintCard, ...]
    more_hints: str
    no_hints: str
    silence: str
    lines: tuple[Line, ...]
    more: str
    signed: str
    full_url: str | None
    depth_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelMessage:
    """The reason why there is nothing to show."""

    template: ClassVar[str] = "panel/message.jinja"
    stylesheet: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelWindow(PanelMessage):
    """The same above the panel, in the toolbar's window."""

    template: ClassVar[str] = "panel/window_message.jinja"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPlan:
    """The plan of one query, above the panel, with a form to explain it again."""

    template: ClassVar[str] = "panel/plan.jinja"
    stylesheet: str
    result: ExplainResult
    query: QueryDetail
    explain_url: str | None
    signed: str


# Links: plans open in the toolbar, everything else on the dashboard.


class PanelLinks:
    """The addresses of one trace; ``None`` if the project has no dashboard."""

    def __init__(self, trace_id: str) -> None:
        self._dashboard = TraceLinks(trace_id)

    def trace(self) -> str | None:
        return _address(self._dashboard.trace)

    def depth(self) -> str | None:
        trace = self.trace()
        return None if trace is None else f"{trace}#depth"

    def problem(self, problem_id: str) -> str | None:
        return _address(self._dashboard.problem, problem_id)

    def hint_page(self, problem_id: str) -> str | None:
        return _address(self._dashboard.hint_page, problem_id)

    def hint_markdown(self, problem_id: str) -> str | None:
        return _address(self._dashboard.hint_markdown, problem_id)

    def query(self, index: int) -> str | None:
        return _address(self._dashboard.query, index)

    def queries(
        self, *, hint: int | None = None, group: int | None = None, offset: int = 0
    ) -> str | None:
        return _address(self._dashboard.queries, hint=hint, group=group, offset=offset)

    def groups(self, *, offset: int = 0) -> str | None:
        return _address(self._dashboard.groups, offset=offset)

    def explain(self, index: int) -> str | None:
        if not get_config().explain_enabled:
            return None
        return _address(reverse, "djdt:orm_insight_explain", args=(index,))

    def about(self, code: str) -> str | None:
        return _address(self._dashboard.about, code)

    def plan_json(self, index: int) -> str | None:
        return _address(self._dashboard.plan_json, index)


def _address(address: Callable[..., str | None], *args: Any, **kwargs: Any) -> str | None:
    try:
        return address(*args, **kwargs)
    except NoReverseMatch:
        return None
