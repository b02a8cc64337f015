"""Puts together what is known of one statement, one call site or one endpoint of the ring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from orm_insight import insight
from orm_insight.analysis.problems import AnalysedTrace, Problem, Spot, gather_problems
from orm_insight.analysis.workload import (
    Endpoint,
    Measured,
    Part,
    Totals,
    endpoint_id,
    lines_of,
    statements_of,
)
from orm_insight.dashboard.asked import Asked
from orm_insight.dashboard.chosen_rows import TITLES
from orm_insight.dashboard.links import TraceLinks, address, with_query
from orm_insight.dashboard.ranking_pages import first_rows
from orm_insight.dashboard.workload import Workload, look, problem_url, traces_of
from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import CallSite
from orm_insight.sql.fingerprint import name_of, tables
from orm_insight.ui.contexts import Fact, Place
from orm_insight.ui.format import count, cut, duration, percent
from orm_insight.ui.overview import NO_LINE, problem_lines, site_text
from orm_insight.ui.overview_contexts import ProblemLine, Ranking
from orm_insight.ui.rankings import STATEMENTS, per_call, route_of
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_block
from orm_insight.ui.subjects import Subject, SubjectLink

MAX_STATEMENTS = 10
MAX_HINTS = 10
_MAX_TABLES = 8
_AROUND = 4
_AT_LINE = "Hints about this line"


class _Seen(NamedTuple):
    """A part, and the trace it is of."""

    trace: TraceSummary
    part: Part


def subject_of(asked: Asked) -> Subject | None:
    """Of what the address asks for, the smallest."""
    key = next((key for key in _MAKERS if asked.rows[key]), None)
    if key is None:
        return None
    workload, (ranking, name, make) = look(), _MAKERS[key]
    up = SubjectLink(label=ranking, url=address(name))
    return make(workload, asked.rows[key], up) or _gone(workload, key, up)


def _gone(workload: Workload, key: str, up: SubjectLink) -> Subject:
    noun = TITLES[key].lower()
    reasons = "newer traces have taken its place, they were cleared, or the code has changed."
    return Subject(
        kind=TITLES[key],
        page=_MAKERS[key][1],
        up=up,
        title=f"No such {noun} is known now",
        gone=workload.pending or f"No trace that is kept has this {noun} any more: {reasons}",
    )


def _statement(workload: Workload, id: str, up: SubjectLink) -> Subject | None:
    seen = _parts(workload, lambda part: part.statement_id == id)
    if not seen:
        return None
    [statement] = statements_of(_measured(seen))
    named = tables(statement.fingerprint)
    alias = () if statement.alias == "default" else (f"on {statement.alias}",)
    whole = SubjectLink(label="All of this call site", url=traces_of("line")(seen[0].part.line_id))
    return Subject(
        kind=TITLES["statement"],
        page="statements",
        up=up,
        title=cut(name_of(statement.fingerprint), 200),
        tags=(*named[:_MAX_TABLES], *alias),
        sql=sql_block(statement.sql or statement.fingerprint),
        place=_place(seen),
        note="" if statement.site else NO_LINE,
        facts=tuple(_facts(workload, statement.totals)),
        links=(*_slowest(seen), whole),
        hints_title=_AT_LINE,
        hints=_hints_at(workload, statement.site),
        pending=workload.pending,
    )


def _line(workload: Workload, id: str, up: SubjectLink) -> Subject | None:
    seen = _parts(workload, lambda part: part.line_id == id)
    if not seen:
        return None
    [line] = lines_of(_measured(seen))
    return Subject(
        kind=TITLES["line"],
        page="lines",
        up=up,
        title=site_text(line.site),
        place=_place(seen),
        facts=tuple(_facts(workload, line.totals)),
        links=tuple(_slowest(seen)),
        hints_title=_AT_LINE,
        hints=_hints_at(workload, line.site),
        statements=_statements(seen, site_text(line.site) if line.site else NO_LINE),
        pending=workload.pending,
    )


def _endpoint(workload: Workload, id: str, up: SubjectLink) -> Subject | None:
    endpoint = next((each for each in workload.endpoints if each.id == id), None)
    if endpoint is None:
        return None
    seen = [each for each in _parts(workload, _any) if endpoint_id(each.trace) == id]
    newest = endpoint.newest
    slowest = max(
        (each for each in workload.traces if endpoint_id(each) == id),
        key=lambda trace: trace.duration_ms,
    )
    return Subject(
        kind=TITLES["endpoint"],
        page="endpoints",
        up=up,
        title=cut(route_of(endpoint), 300),
        method=newest.method or "",
        note=cut(newest.view or "", 200) if newest.kind == "request" else newest.kind,
        facts=tuple(_endpoint_facts(endpoint)),
        links=(
            SubjectLink(
                label=f"The slowest trace, {duration(slowest.duration_ms)}",
                url=TraceLinks(slowest.id).trace(),
            ),
            *_slowest(seen),
        ),
        hints_title="Hints of its traces",
        hints=_lines(_problems_of(workload, id)),
        statements=_statements(seen, ""),
        pending=workload.pending,
    )


def _any(part: Part) -> bool:
    return True


def _parts(workload: Workload, is_wanted: Callable[[Part], bool]) -> list[_Seen]:
    """Newest first."""
    return [
        _Seen(trace, part)
        for trace, digest in workload.known
        for part in digest.parts
        if is_wanted(part)
    ]


def _measured(seen: Sequence[_Seen]) -> Iterator[Measured]:
    return (Measured(each.trace, (each.part,)) for each in seen)


def _facts(workload: Workload, totals: Totals) -> Iterator[Fact]:
    whole = sum(line.totals.total_ms for line in workload.lines)
    share = min(totals.total_ms / whole, 1.0) if whole else 0.0
    yield Fact(
        label="Total",
        value=duration(totals.total_ms),
        note=f"{percent(share)} of all time in the database",
        bar=share,
    )
    yield Fact(label="Calls", value=count(totals.count))
    yield Fact(label="Average", value=duration(totals.average_ms))
    yield Fact(label="Slowest", value=duration(totals.slowest_ms))
    yield Fact(label="Traces", value=count(totals.traces), note=f"of {count(len(workload.known))}")


def _endpoint_facts(endpoint: Endpoint) -> Iterator[Fact]:
    yield Fact(label="Calls", value=count(endpoint.calls))
    yield Fact(label="p50", value=duration(endpoint.p50_ms))
    yield Fact(label="p95", value=duration(endpoint.p95_ms))
    yield Fact(
        label="In database",
        value=percent(endpoint.share),
        note=f"{duration(endpoint.query_ms)} of {duration(endpoint.total_ms)}",
        bar=endpoint.share,
    )
    yield Fact(label="Queries/call", value=per_call(endpoint.queries_per_call))


def _slowest(seen: Sequence[_Seen]) -> Iterator[SubjectLink]:
    """The query that took longest: its page has its values, its stack and EXPLAIN."""
    kept = [each for each in seen if each.part.slowest is not None]
    if kept:
        trace, part = max(kept, key=lambda each: each.part.slowest_ms)
        yield SubjectLink(
            label=f"The slowest query, {duration(part.slowest_ms)}, with EXPLAIN",
            url=TraceLinks(trace.id).query(part.slowest or 0),
        )


def _place(seen: Sequence[_Seen]) -> Place | None:
    """As the newest trace has it: the expression is known there, and the file the least changed."""
    trace, part = seen[0]
    if part.site is None:
        return None
    site = _site_in(trace, part)
    if site is None or site.line != part.site.line:
        site = CallSite(**part.site._asdict(), is_template=part.is_template)
    return Sources(trace).place(site, around=_AROUND)


def _site_in(trace: TraceSummary, part: Part) -> CallSite | None:
    found = next(iter(insight.traces([trace.id])), None)
    if found is None or part.slowest is None or part.slowest >= len(found.queries):
        return None
    return found.queries[part.slowest].site


def _hints_at(workload: Workload, site: Spot | None) -> tuple[ProblemLine, ...]:
    if site is None:
        return ()
    return _lines([problem for problem in workload.problems if _is_about(problem, site)])


def _is_about(problem: Problem, site: Spot) -> bool:
    hint = problem.hint
    places = (hint.site, hint.origin, *hint.sites)
    return any(place and (place.file, place.line) == site[:2] for place in places)


def _problems_of(workload: Workload, id: str) -> list[Problem]:
    """What the traces of an endpoint waste, with their sums alone."""
    real = {problem.id for problem in workload.problems}
    problems = gather_problems(
        AnalysedTrace(each, digest.findings, digest.needed)
        for each, digest in workload.known
        if endpoint_id(each) == id
    )
    return [problem for problem in problems if problem.id in real]


def _lines(problems: Sequence[Problem]) -> tuple[ProblemLine, ...]:
    return problem_lines(problems[:MAX_HINTS], problem_url)


def _statements(seen: Sequence[_Seen], words: str) -> Ranking | None:
    """The costliest; ``words`` find all of them on their page."""
    found = statements_of(_measured(seen))
    if not found:
        return None
    ranking = first_rows(STATEMENTS, found, "statements", "statement", limit=MAX_STATEMENTS)
    has_more = bool(words) and len(found) > MAX_STATEMENTS
    return replace(ranking, more_url=with_query(ranking.more_url, q=words) if has_more else "")


_MAKERS: dict[str, tuple[str, str, Callable[[Workload, str, SubjectLink], Subject | None]]] = {
    "statement": ("Statements", "statements", _statement),
    "line": ("Call sites", "lines", _line),
    "endpoint": ("Endpoints", "endpoints", _endpoint),
}
"""What each is called where there are many, the name of that page, and what makes one."""
