"""The page of problems: the hints of all traces, each problem once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest

from orm_insight import insight
from orm_insight.dashboard.links import TraceLinks, address, problem_url, with_query
from orm_insight.dashboard.responses import fields_of, shell_of
from orm_insight.dashboard.state import store_warnings
from orm_insight.dashboard.workload import Workload, look
from orm_insight.reports.problems import Occurrence, Problem
from orm_insight.reports.report import hint_to_dict
from orm_insight.ui.components import ProblemCard, SeenIn
from orm_insight.ui.format import count, counted
from orm_insight.ui.hints import details_label, edits_of, fix_place
from orm_insight.ui.pages import ProblemsPage
from orm_insight.ui.source import Sources

# Long enough to analyse a usual ring buffer at once; the page says how many traces are left.
BUDGET_S = 2.0
MAX_SHOWN = 100
_OPEN = 3
_WITH_SOURCE = 30


def problems_page(request: HttpRequest) -> ProblemsPage:
    found = look(budget_s=BUDGET_S)
    return ProblemsPage(
        shell=shell_of(request),
        problems=tuple(
            _card(number, problem) for number, problem in enumerate(found.problems[:MAX_SHOWN])
        ),
        summary=_summary(found),
        more=_more(len(found.problems) - MAX_SHOWN),
        notices=(*store_warnings(request), *_notices(found)),
        is_readable=insight.store().is_answering,
        is_empty=not found.traces,
        pending=found.pending,
        analysed=counted(found.analysed, "trace") if found.analysed else "",
        slowest_url=with_query(address("traces"), sort="-database"),
        json_url=address("problems-json"),
    )


def problems_json() -> dict[str, Any]:
    found = look(budget_s=BUDGET_S)
    return {
        "version": 1,
        "problem": insight.store().problem,
        **fields_of(found, "analysed", "waiting", "failed"),
        "problems": problems_of(found.problems),
    }


def problems_of(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [_problem(problem) for problem in problems]


def _summary(found: Workload) -> str:
    if not found.problems:
        return ""
    problems = counted(len(found.problems), "problem")
    affected = sum(bool(digest.findings) for _, digest in found.known)
    return f"{problems} in {count(affected)} of {counted(found.analysed, 'trace')}"


def _more(left: int) -> str:
    more = counted(left, "problem")
    return f"{more} more with smaller savings: the JSON lists them." if left > 0 else ""


def _notices(found: Workload) -> Iterator[str]:
    if found.failed:
        yield f"{counted(found.failed, 'trace')} could not be analysed; see the log."
    if imported := sum(each.summary.is_imported for each in found.listed):
        yield f"Without {counted(imported, 'imported trace')}: they belong to another project."


def _problem(problem: Problem) -> dict[str, Any]:
    """The newest hint, with the sums over all traces."""
    return {
        "id": problem.id,
        **hint_to_dict(problem.hint),
        "severity": str(problem.severity),
        "traces": problem.trace_count,
        "queries": problem.query_count,
        "saving": fields_of(problem.saving, "queries", "ms"),
        "newest": [_occurrence(occurrence) for occurrence in problem.newest],
        "url": problem_url(problem.id),
    }


def _occurrence(occurrence: Occurrence) -> dict[str, Any]:
    trace = occurrence.trace
    return {
        **fields_of(trace, "id", "name"),
        "started_at": trace.started_at.isoformat(),
        "hint": occurrence.number,
        "saving": fields_of(occurrence.saving, "queries", "ms"),
        "url": TraceLinks(trace.id).json(),
    }


# Problems as cards.


def _card(number: int, problem: Problem) -> ProblemCard:
    hint = problem.hint
    sources = Sources(problem.newest[0].trace)
    with_source = number < _WITH_SOURCE
    origin = hint.origin if hint.origin != hint.site else None
    newest = TraceLinks(problem.newest[0].trace.id)
    return ProblemCard(
        problem=problem,
        url=newest.hint_page(problem.id),
        markdown_url=newest.hint_markdown(problem.id),
        details=details_label(hint, sources),
        fix_place=fix_place(hint),
        origin=sources.place(origin, with_excerpt=with_source) if origin else None,
        site=sources.place(hint.site, with_excerpt=with_source) if hint.site else None,
        seen_in=tuple(
            SeenIn(occurrence=each, url=TraceLinks(each.trace.id).hint(each.number))
            for each in problem.newest
        ),
        is_open=number < _OPEN,
        edits=edits_of(hint, sources),
    )
