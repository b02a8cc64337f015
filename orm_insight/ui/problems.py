"""Problems as cards: how much they cost over all traces, what to change, where they were seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from orm_insight.analysis.problems import Occurrence, Problem
from orm_insight.ui.contexts import ProblemCard, SeenIn
from orm_insight.ui.edits import edits_of
from orm_insight.ui.format import clock, count, counted, cut, duration, queries
from orm_insight.ui.hints import details_label, fix_place
from orm_insight.ui.source import Sources

_OPEN = 3
_WITH_SOURCE = 30


class TraceAddress(Protocol):
    """Where a hint of one trace is shown, and its own page."""

    def hint(self, number: int) -> str: ...

    def hint_page(self, problem_id: str) -> str: ...

    def hint_markdown(self, problem_id: str) -> str: ...


def problem_cards(
    problems: Sequence[Problem], links: Callable[[str], TraceAddress]
) -> tuple[ProblemCard, ...]:
    """One card for each, in the same order; ``links`` makes the addresses of a trace by its id."""
    return tuple(_card(number, problem, links) for number, problem in enumerate(problems))


def _card(number: int, problem: Problem, links: Callable[[str], TraceAddress]) -> ProblemCard:
    hint, saving = problem.hint, problem.saving
    sources = Sources(problem.newest[0].trace)
    with_source = number < _WITH_SOURCE
    origin = hint.origin if hint.origin != hint.site else None
    left = problem.trace_count - len(problem.newest)
    newest = links(problem.newest[0].trace.id)
    return ProblemCard(
        id=problem.id,
        url=newest.hint_page(problem.id),
        markdown_url=newest.hint_markdown(problem.id),
        details=details_label(hint, sources),
        code=hint.code,
        title=hint.title,
        message=hint.message,
        severity=str(problem.severity),
        fix=hint.fix,
        is_certain=hint.certain,
        fix_place=fix_place(hint),
        docs=hint.docs,
        traces=counted(problem.trace_count, "trace"),
        queries=queries(problem.query_count),
        saved_queries=queries(saving.queries) if saving.queries else "",
        saved_time=duration(saving.ms) if saving.ms >= 0.005 else "",
        origin=sources.place(origin, with_excerpt=with_source) if origin else None,
        site=sources.place(hint.site, with_excerpt=with_source) if hint.site else None,
        seen_in=tuple(_seen_in(occurrence, links) for occurrence in problem.newest),
        more=f"and {count(left)} older" if left else "",
        is_open=number < _OPEN,
        edits=edits_of(hint, sources),
    )


def _seen_in(occurrence: Occurrence, links: Callable[[str], TraceAddress]) -> SeenIn:
    trace, saving = occurrence.trace, occurrence.saving
    return SeenIn(
        url=links(trace.id).hint(occurrence.number),
        method=trace.method or "",
        name=cut(trace.path or trace.name, 200),
        started_at=clock(trace.started_at),
        started_iso=trace.started_at.isoformat(),
        saved_queries=queries(saving.queries) if saving.queries else "",
    )
