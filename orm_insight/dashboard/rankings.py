"""Rankings of endpoints, call sites and statements, and the page of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.http import HttpRequest, QueryDict

from orm_insight import insight
from orm_insight.dashboard.links import TraceLinks, address, with_query
from orm_insight.dashboard.responses import shell_of
from orm_insight.dashboard.trace_filters import TITLES, TraceFilters, columns_of, page_of, text_of
from orm_insight.dashboard.workload import Workload, look, newest_url, traces_of
from orm_insight.model.frames import CallSite
from orm_insight.model.summary import TraceSummary
from orm_insight.reports.problems import AnalysedTrace, Problem, Spot, gather_problems
from orm_insight.reports.workload import (
    Endpoint,
    Measured,
    Part,
    Totals,
    endpoint_id,
    lines_of,
    statements_of,
)
from orm_insight.sql.fingerprint import name_of, tables
from orm_insight.ui.components import Fact, Place
from orm_insight.ui.format import count, counted, cut, duration, percent
from orm_insight.ui.overview import (
    NO_LINE,
    ProblemLine,
    Ranking,
    RankingPage,
    problem_lines,
    site_text,
)
from orm_insight.ui.rankings import (
    ENDPOINTS,
    LINES,
    STATEMENTS,
    Kind,
    Subject,
    SubjectLink,
    per_call,
    route_of,
)
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_block
from orm_insight.ui.traces import Column, sort_choices

PAGE_SIZE = 50
FIRST = 6
_COSTLIEST = "-total"


@dataclass(frozen=True, slots=True)
class _Choice:
    """A ranking, its entries, and the parameter that filters the list of traces by one of them."""

    kind: Kind[Any]
    entries: Callable[[Workload], Sequence[Any]]
    parameter: str
    noun: str


RANKINGS = {
    "endpoints": _Choice(ENDPOINTS, lambda workload: workload.endpoints, "endpoint", "endpoint"),
    "lines": _Choice(LINES, lambda workload: workload.lines, "line", "call site"),
    "statements": _Choice(STATEMENTS, lambda found: found.statements, "statement", "statement"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _RankingFilters:
    """The query string of a ranking; values that make no sense are ignored."""

    name: str
    text: str
    sort: str
    page: int

    @classmethod
    def of(cls, name: str, parameters: QueryDict) -> _RankingFilters:
        sort = parameters.get("sort", "")
        return cls(
            name=name,
            text=text_of(parameters),
            sort=sort if RANKINGS[name].kind.is_sort(sort) else _COSTLIEST,
            page=page_of(parameters),
        )

    def url(self, *, sort: str | None = None, page: int = 1) -> str:
        chosen = sort or self.sort
        return with_query(
            address(self.name),
            q=self.text,
            sort=None if chosen == _COSTLIEST else chosen,
            page=None if page == 1 else page,
        )


def ranking_page(request: HttpRequest, name: str) -> RankingPage:
    asked, workload, choice = _RankingFilters.of(name, request.GET), look(), RANKINGS[name]
    entries = choice.entries(workload)
    found = choice.kind.ordered(choice.kind.matching(entries, asked.text), asked.sort)
    first = (asked.page - 1) * PAGE_SIZE
    has_next = first + PAGE_SIZE < len(found)
    total = counted(len(entries), choice.noun)
    return RankingPage(
        shell=shell_of(request),
        title=choice.kind.title,
        about=choice.kind.about,
        ranking=Ranking(
            columns=tuple(_columns(choice.kind, asked)),
            rows=_rows(choice, found[first : first + PAGE_SIZE], entries),
        ),
        url=address(name),
        text=asked.text,
        sorts=sort_choices(_sorts(choice.kind), asked.sort, _COSTLIEST),
        found=f"{count(len(found))} of {total}" if asked.text else total,
        pending=workload.pending,
        empty="No matches." if entries else "Nothing recorded yet.",
        placeholder=choice.kind.placeholder,
        searched=choice.kind.searched,
        previous_url=asked.url(page=asked.page - 1) if asked.page > 1 else None,
        next_url=asked.url(page=asked.page + 1) if has_next else None,
    )


def first_rows(entries: Sequence[Any], name: str, *, limit: int = FIRST) -> Ranking:
    """The entries with the most time, for the overview and the page of a call site or endpoint."""
    choice = RANKINGS[name]
    asked = _RankingFilters(name=name, text="", sort=_COSTLIEST, page=1)
    return Ranking(
        columns=tuple(_columns(choice.kind, asked)),
        rows=_rows(choice, entries[:limit], entries),
        more=counted(len(entries), choice.noun),
        more_url=address(name),
    )


def _rows(choice: _Choice, shown: Sequence[Any], entries: Sequence[Any]) -> tuple[Any, ...]:
    value = choice.kind.measures[0].value
    whole = sum(map(value, entries))
    return tuple(choice.kind.rows(shown, whole, traces_of(choice.parameter)))


def _sorts(kind: Kind[Any]) -> Iterator[tuple[str, str]]:
    """The title of each column, and the sort of a first click."""
    yield kind.name, "name"
    for measure in kind.measures:
        yield measure.title, f"-{measure.key}"


def _columns(kind: Kind[Any], asked: _RankingFilters) -> Iterator[Column]:
    titles = [
        (title, sort, "oi-cell-main" if sort == "name" else "oi-number")
        for title, sort in _sorts(kind)
    ]
    return columns_of(titles, asked.sort, lambda sort: asked.url(sort=sort))


# The page of one statement, call site or endpoint.

MAX_STATEMENTS = 10
MAX_HINTS = 10
_MAX_TABLES = 8
_AROUND = 4
_AT_LINE = "Hints about this line"


class _Seen(NamedTuple):
    """A part of a trace."""

    trace: TraceSummary
    part: Part


def subject_of(asked: TraceFilters) -> Subject | None:
    """The statement, call site or endpoint of the query string, the most specific of them."""
    key = next((key for key in _MAKERS if asked.rows[key]), None)
    if key is None:
        return None
    workload, (ranking, name, make) = look(), _MAKERS[key]
    up = SubjectLink(label=ranking, url=address(name))
    return make(workload, asked.rows[key], up) or _gone(workload, key, up)


def _gone(workload: Workload, key: str, up: SubjectLink) -> Subject:
    noun = TITLES[key].lower()
    reasons = "newer traces have replaced it, the traces were deleted, or the code has changed."
    return Subject(
        kind=TITLES[key],
        page=_MAKERS[key][1],
        up=up,
        title=f"No such {noun}",
        gone=workload.pending or f"No stored trace has this {noun} any more: {reasons}",
    )


def _statement(workload: Workload, id: str, up: SubjectLink) -> Subject | None:
    seen = [each for each in _parts(workload) if each.part.statement_id == id]
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
    seen = [each for each in _parts(workload) if each.part.line_id == id]
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
    seen = [each for each in _parts(workload) if endpoint_id(each.trace) == id]
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
        hints_title="Hints in these traces",
        hints=_lines(_problems_of(workload, id)),
        statements=_statements(seen, ""),
        pending=workload.pending,
    )


def _parts(workload: Workload) -> Iterator[_Seen]:
    """All parts of traces, newest first."""
    return (_Seen(trace, part) for trace, digest in workload.known for part in digest.parts)


def _measured(seen: Sequence[_Seen]) -> Iterator[Measured]:
    return (Measured(each.trace, (each.part,)) for each in seen)


def _facts(workload: Workload, totals: Totals) -> Iterator[Fact]:
    whole = sum(line.totals.total_ms for line in workload.lines)
    share = min(totals.total_ms / whole, 1.0) if whole else 0.0
    yield Fact(
        label="Total",
        value=duration(totals.total_ms),
        note=f"{percent(share)} of all database time",
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
    """A link to the slowest query."""
    kept = [each for each in seen if each.part.slowest is not None]
    if kept:
        trace, part = max(kept, key=lambda each: each.part.slowest_ms)
        yield SubjectLink(
            label=f"The slowest query, {duration(part.slowest_ms)}, with EXPLAIN",
            url=TraceLinks(trace.id).query(part.slowest or 0),
        )


def _place(seen: Sequence[_Seen]) -> Place | None:
    """The place in the newest trace, which knows the expression and the latest source."""
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
    """The problems of an endpoint, with the sums over its own traces."""
    real = {problem.id for problem in workload.problems}
    problems = gather_problems(
        AnalysedTrace(each, digest.findings, digest.needed)
        for each, digest in workload.known
        if endpoint_id(each) == id
    )
    return [problem for problem in problems if problem.id in real]


def _lines(problems: Sequence[Problem]) -> tuple[ProblemLine, ...]:
    return problem_lines(problems[:MAX_HINTS], newest_url)


def _statements(seen: Sequence[_Seen], words: str) -> Ranking | None:
    """The statements with the most time; ``words`` find all of them in the ranking."""
    found = statements_of(_measured(seen))
    if not found:
        return None
    ranking = first_rows(found, "statements", limit=MAX_STATEMENTS)
    has_more = bool(words) and len(found) > MAX_STATEMENTS
    return replace(ranking, more_url=with_query(ranking.more_url, q=words) if has_more else "")


_MAKERS: dict[str, tuple[str, str, Callable[[Workload, str, SubjectLink], Subject | None]]] = {
    "statement": ("Statements", "statements", _statement),
    "line": ("Call sites", "lines", _line),
    "endpoint": ("Endpoints", "endpoints", _endpoint),
}
"""The title of the ranking, its URL name, and the function that makes one page."""
