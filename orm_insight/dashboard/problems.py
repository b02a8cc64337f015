"""Puts the page of problems together: the hints of all traces of the ring, each problem once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from orm_insight import insight
from orm_insight.dashboard.digests import digests
from orm_insight.dashboard.links import TraceLinks, address, problem_url, with_query
from orm_insight.dashboard.responses import shell_of
from orm_insight.dashboard.state import store_warnings
from orm_insight.model.summary import outermost
from orm_insight.reports.problems import AnalysedTrace, Occurrence, Problem, gather_problems
from orm_insight.reports.report import hint_to_dict
from orm_insight.ui.components import ProblemCard, SeenIn
from orm_insight.ui.format import count, counted
from orm_insight.ui.hints import details_label, edits_of, fix_place
from orm_insight.ui.pages import ProblemsPage
from orm_insight.ui.source import Sources

# All traces of a usual ring in one go; what is left is said on the page.
BUDGET_S = 2.0
MAX_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The problems of ``analysed`` traces; ``waiting`` ones follow, ``failed`` ones never will.

    ``imported`` ones are left out: what they waste is wasted elsewhere.
    """

    problems: tuple[Problem, ...]
    analysed: int
    affected: int
    waiting: int
    failed: int
    imported: int = 0


def find_problems() -> Found:
    """What the ring holds now, after as much analysis as one request may do."""
    listed = [entry.summary for entry in insight.listed()]
    own = [each for each in listed if not each.is_imported]
    summaries = outermost(own)
    digests.work(summaries, budget_s=BUDGET_S)
    known = [(each, digest) for each in summaries if (digest := digests.get(each)) is not None]
    failed = sum(digest.is_failed for _, digest in known)
    return Found(
        problems=gather_problems(
            AnalysedTrace(each, digest.findings, digest.needed) for each, digest in known
        ),
        analysed=len(known) - failed,
        affected=sum(bool(digest.findings) for _, digest in known),
        waiting=len(summaries) - len(known),
        failed=failed,
        imported=len(listed) - len(own),
    )


def problems_page(request: HttpRequest) -> ProblemsPage:
    found = find_problems()
    return ProblemsPage(
        shell=shell_of(request),
        problems=tuple(
            _card(number, problem) for number, problem in enumerate(found.problems[:MAX_SHOWN])
        ),
        summary=_summary(found),
        more=_more(len(found.problems) - MAX_SHOWN),
        notices=(*store_warnings(request), *_notices(found)),
        is_readable=insight.store().is_answering,
        is_empty=not found.analysed + found.waiting + found.failed,
        pending=f"{counted(found.waiting, 'trace')} not analysed yet." if found.waiting else "",
        analysed=counted(found.analysed, "trace") if found.analysed else "",
        slowest_url=with_query(address("traces"), sort="-database"),
        json_url=address("problems-json"),
    )


def problems_json() -> dict[str, Any]:
    found = find_problems()
    return {
        "version": 1,
        "problem": insight.store().problem,
        "analysed": found.analysed,
        "waiting": found.waiting,
        "failed": found.failed,
        "problems": problems_of(found.problems),
    }


def problems_of(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [_problem(problem) for problem in problems]


def _summary(found: Found) -> str:
    if not found.problems:
        return ""
    problems = counted(len(found.problems), "problem")
    return f"{problems} in {count(found.affected)} of {counted(found.analysed, 'trace')}"


def _more(left: int) -> str:
    return (
        f"{counted(left, 'problem')} more with smaller savings: the JSON lists them."
        if left > 0
        else ""
    )


def _notices(found: Found) -> Iterator[str]:
    if found.failed:
        yield f"{counted(found.failed, 'trace')} could not be analysed; see the log."
    if found.imported:
        yield (
            f"Without {counted(found.imported, 'imported trace')}: they belong to another project."
        )


def _problem(problem: Problem) -> dict[str, Any]:
    """The newest hint, with the sums over all traces in place of its own."""
    return {
        "id": problem.id,
        **hint_to_dict(problem.hint),
        "severity": str(problem.severity),
        "traces": problem.trace_count,
        "queries": problem.query_count,
        "saving": {"queries": problem.saving.queries, "ms": problem.saving.ms},
        "newest": [_occurrence(occurrence) for occurrence in problem.newest],
        "url": problem_url(problem.id),
    }


def _occurrence(occurrence: Occurrence) -> dict[str, Any]:
    trace, links = occurrence.trace, TraceLinks(occurrence.trace.id)
    return {
        "id": trace.id,
        "name": trace.name,
        "started_at": trace.started_at.isoformat(),
        "hint": occurrence.number,
        "saving": {"queries": occurrence.saving.queries, "ms": occurrence.saving.ms},
        "url": links.json(),
    }


# Problems as cards: how much they cost over all traces, what to change, where they were seen.

_OPEN = 3
_WITH_SOURCE = 30


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
