"""The overview in words: the worst first, four figures, and the problems in a row each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from orm_insight.analysis.problems import Problem, Spot
from orm_insight.analysis.workload import Endpoint, percentile
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import CallSite
from orm_insight.ui.contexts import Fact, Place
from orm_insight.ui.format import count, counted, cut, duration, percent, queries
from orm_insight.ui.hints import fix_place
from orm_insight.ui.overview_contexts import Headline, ProblemLine
from orm_insight.ui.paths import display_path

SHOWN_PROBLEMS = 7
NO_LINE = "no line of the application"
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
        title="No statement is known to be wasted",
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
            severity=str(problem.severity),
            title=problem.hint.title,
            url=url(problem),
            fix=cut(problem.hint.fix, _MAX_FIX),
            instead=cut(problem.hint.instead, _MAX_FIX),
            place=place_of(problem.hint.origin or problem.hint.site),
            saved=_saved(problem),
            is_only_cost=not (problem.saving.queries or problem.hint.fix),
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
        label="Queries a trace",
        value=count(percentile(each, 0.5)),
        note=f"median; p95 {count(percentile(each, 0.95))}, most {count(each[-1])}",
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
