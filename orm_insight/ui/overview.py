"""The overview in words: the worst first, four figures, and the problems in a row each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from markupsafe import Markup

from orm_insight.model.frames import CallSite
from orm_insight.model.summary import TraceSummary
from orm_insight.reports.problems import Problem, Spot
from orm_insight.reports.workload import Endpoint, Load, load_over_time, percentile
from orm_insight.ui.components import Choice, Demand, Fact, Place
from orm_insight.ui.format import ago, count, counted, cut, display_path, duration, percent, queries
from orm_insight.ui.hints import fix_place
from orm_insight.ui.pages import Shell
from orm_insight.ui.traces import Column, TraceRow

SHOWN_PROBLEMS = 7
NO_LINE = "outside your code"
_MAX_FIX = 300
_MAX_MESSAGE = 500


def headline(
    problems: Sequence[Problem],
    endpoints: Sequence[Endpoint],
    traces: Sequence[TraceSummary],
    problem_url: Callable[[Problem], str],
    endpoint_url: Callable[[Endpoint], str],
) -> Headline | None:
    """The problem that costs most; without one, the endpoint that waits longest."""
    if problems:
        return _worst_problem(problems[0], traces, problem_url(problems[0]))
    if not endpoints:
        return None
    slowest = max(endpoints, key=lambda endpoint: endpoint.p95_ms)
    newest = slowest.newest
    return Headline(
        title="No query is known to be wasteful",
        url=endpoint_url(slowest),
        cost=(
            f"in {counted(len(traces), 'trace')}. The slowest endpoint is "
            f"{newest.method or ''} {newest.path or newest.name}".replace("  ", " ")
            + f": {duration(slowest.p95_ms)}, {percent(slowest.share)} of it in the database."
        ),
    )


def _worst_problem(problem: Problem, traces: Sequence[TraceSummary], url: str) -> Headline:
    hint = problem.hint
    return Headline(
        title=hint.title,
        url=url,
        cost=_cost(problem, sum(trace.queries for trace in traces)),
        severity=str(problem.severity),
        fix=cut(hint.fix, _MAX_FIX),
        fix_place=fix_place(hint),
        instead=cut(hint.instead, _MAX_FIX),
        # The first sentence is about one trace, and this about all.
        message="" if hint.fix else cut(hint.advice, _MAX_MESSAGE),
        place=place_of(hint.origin or hint.site),
    )


def _cost(problem: Problem, whole: int) -> str:
    saving, seen = problem.saving, counted(problem.trace_count, "trace")
    if not saving.queries:
        return f"{duration(problem.at_stake_ms)} in {seen}."
    share = f", {percent(saving.queries / whole)} of all," if whole else ""
    return f"{queries(saving.queries)}{share} could be saved, {duration(saving.ms)} in {seen}."


def problem_lines(
    problems: Sequence[Problem], url: Callable[[Problem], str]
) -> tuple[ProblemLine, ...]:
    return tuple(
        ProblemLine(
            problem=problem,
            url=url(problem),
            place=place_of(problem.hint.origin or problem.hint.site),
            saved=_saved(problem),
            seen=_seen(problem),
        )
        for problem in problems
    )


def _seen(problem: Problem) -> str:
    ms = problem.saving.ms
    time = f"{duration(ms)} " if problem.saving.queries and ms >= 0.05 else ""
    return f"{time}in {counted(problem.trace_count, 'trace')}"


def _saved(problem: Problem) -> str:
    saving = problem.saving
    if saving.queries:
        return f"\N{MINUS SIGN}{queries(saving.queries)}"
    return duration(problem.at_stake_ms)


def place_of(site: CallSite | Spot | None, *, is_template: bool = False) -> Place | None:
    if site is None:
        return None
    return Place(
        path=display_path(site.file),
        line=site.line,
        function=cut(site.function, 200),
        is_template=is_template or getattr(site, "is_template", False),
    )


def site_text(site: CallSite | Spot | None) -> str:
    return NO_LINE if site is None else f"{display_path(site.file)}:{site.line}"


def figures(traces: Sequence[TraceSummary], problems: Sequence[Problem]) -> Iterator[Fact]:
    """Four numbers over all traces."""
    if not traces:
        return
    whole = sum(trace.duration_ms for trace in traces)
    query = sum(min(trace.query_ms, trace.duration_ms) for trace in traces)
    each = sorted(trace.queries for trace in traces)
    all_queries, saved = sum(each), sum(problem.saving.queries for problem in problems)
    yield Fact(label="Traces", value=count(len(traces)), note=f"in {_age(traces)}")
    yield Fact(
        label="In the database",
        value=percent(query / whole if whole else 0.0),
        note=f"{duration(query)} of {duration(whole)}",
        bar=query / whole if whole else 0.0,
    )
    yield Fact(
        label="Queries per trace",
        value=count(percentile(each, 0.5)),
        note=f"median; p95 {count(percentile(each, 0.95))}, max {count(each[-1])}",
    )
    share = min(saved / all_queries, 1.0) if all_queries else 0.0
    yield Fact(
        label="Could be saved",
        value=queries(saved),
        note=f"{percent(share)} of {count(all_queries)}",
        bar=share,
    )


def _age(traces: Sequence[TraceSummary]) -> str:
    """Since the oldest, roughly."""
    seconds = (datetime.now(UTC) - min(trace.started_at for trace in traces)).total_seconds()
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            return f"the last {counted(round(seconds / size), name)}"
    return "the last minute"


# The load over time, drawn on the server: a bar for each span, the database's part below.

WIDTH, HEIGHT = 600.0, 100.0
_GAP = 0.2
_LEAST = 1.5
_FEWEST = 12
_TICKS = 3


def load_chart(traces: Sequence[TraceSummary]) -> LoadChart | None:
    """``None`` where there is nothing to draw."""
    length, spans = load_over_time(traces)
    most = max((span.total_ms for span in spans), default=0.0)
    if not most:
        return None
    # Few spans are not stretched: a bar would be a wall.
    width = WIDTH / max(len(spans), _FEWEST)
    return LoadChart(
        bars=tuple(
            _bar(span, number * width, width, most)
            for number, span in enumerate(spans)
            if span.traces
        ),
        ticks=tuple(_ticks(spans, length)),
        most=duration(most),
        summary=_summary(spans, length, most),
    )


def _bar(span: Load, x: float, width: float, most: float) -> LoadBar:
    whole = max(span.total_ms / most * HEIGHT, _LEAST)
    query = whole * span.query_ms / span.total_ms if span.total_ms else 0.0
    share = span.query_ms / span.total_ms if span.total_ms else 0.0
    return LoadBar(
        x=round(x + width * _GAP / 2, 2),
        width=round(width * (1 - _GAP), 2),
        query_y=round(HEIGHT - query, 2),
        query_height=round(query, 2),
        other_y=round(HEIGHT - whole, 2),
        other_height=round(whole - query, 2),
        title=(
            f"{ago(span.begins_at)}: {counted(span.traces, 'trace')}, "
            f"{duration(span.total_ms)}, {percent(share)} in the database"
        ),
    )


def _ticks(spans: Sequence[Load], length: timedelta) -> list[datetime]:
    begins = spans[0].begins_at
    whole = length * max(len(spans), _FEWEST)
    return [begins + whole * (number / (_TICKS - 1)) for number in range(_TICKS)]


def _summary(spans: Sequence[Load], length: timedelta, most: float) -> str:
    traces = sum(span.traces for span in spans)
    query, whole = sum(s.query_ms for s in spans), sum(s.total_ms for s in spans)
    worst = max(spans, key=lambda span: span.total_ms)
    return (
        f"{counted(traces, 'trace')}, {duration(whole)} of work, {percent(query / whole)} of it in "
        f"the database; most of it, {duration(most)}, in the {_span(length)} that began "
        f"{ago(worst.begins_at)}"
    )


def _span(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for size, name in ((3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            return name if seconds == size else f"{seconds // size} {name}s"
    return "second" if seconds == 1 else f"{seconds} seconds"


# The parts of the overview and of the rankings.


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure of a row. ``label`` names it where there is no heading; ``bar`` is 0 to 1."""

    text: str
    label: str
    css: str = "oi-number"
    bar: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRow:
    """An endpoint, a line of code or a statement; ``url`` leads to its traces.

    An endpoint has a ``name``, a line a ``place``, a statement both ``sql`` and ``place``.
    """

    url: str
    cells: tuple[Cell, ...]
    name: str = ""
    method: str = ""
    kind: str = ""
    note: str = ""
    place: Place | None = None
    sql: Markup | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A table of them. ``more_url`` leads to all, where only the first are shown."""

    columns: tuple[Column, ...]
    rows: tuple[RankingRow, ...]
    more: str = ""
    more_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingPage:
    """One ranking as a page of its own. ``searched`` says where words are looked for."""

    template: ClassVar[str] = "pages/ranking.jinja"
    shell: Shell
    title: str
    about: str
    ranking: Ranking
    url: str
    text: str
    sorts: tuple[Choice, ...]
    found: str
    pending: str
    empty: str
    placeholder: str
    searched: str
    previous_url: str | None
    next_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The worst there is, in a sentence: what happens, what it costs, what to write and where."""

    title: str
    url: str
    cost: str
    severity: str = ""
    fix: str = ""
    fix_place: str = ""
    instead: str = ""
    message: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """A problem in one row of the overview."""

    problem: Problem
    url: str
    place: Place | None
    saved: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBar:
    """One span of time: rectangles of ``width`` at ``x``, in the units of the drawing."""

    x: float
    width: float
    query_y: float
    query_height: float
    other_y: float
    other_height: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadChart:
    """The time of traces over the clock, 600 wide and 100 high. ``summary`` tells it in words."""

    bars: tuple[LoadBar, ...]
    ticks: tuple[datetime, ...]
    most: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything in the ring, the worst first; loaded anew while the page is looked at.

    ``version`` changes with what is shown.
    """

    template: ClassVar[str] = "fragments/overview.jinja"
    version: str
    warnings: tuple[str, ...]
    pending: str
    headline: Headline | None
    facts: tuple[Fact, ...]
    problems: tuple[ProblemLine, ...]
    all_problems: str
    load: LoadChart | None
    newest: tuple[TraceRow, ...]
    endpoints: Ranking
    lines: Ranking
    statements: Ranking
    problems_url: str
    traces_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    template: ClassVar[str] = "pages/overview.jinja"
    shell: Shell
    overview: Overview
    demand: Demand | None
    has_traces: bool
    is_readable: bool
    import_url: str
    is_shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage:
    """The keyboard shortcuts."""

    template: ClassVar[str] = "pages/keys.jinja"
    shell: Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysFragment:
    """The same in a window over the page."""

    template: ClassVar[str] = "fragments/keys.jinja"
    shell: Shell
