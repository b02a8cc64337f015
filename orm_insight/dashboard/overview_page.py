"""Puts the overview together: the worst of the whole ring first, then what leads further."""

from __future__ import annotations

from django.http import HttpRequest

from orm_insight import insight
from orm_insight.analysis.problems import without_echoes
from orm_insight.dashboard.digests import digests
from orm_insight.dashboard.links import TraceLinks, address
from orm_insight.dashboard.ranking_pages import first_rows
from orm_insight.dashboard.responses import shell_of
from orm_insight.dashboard.state import demand, version_of, warnings
from orm_insight.dashboard.workload import Workload, look, problem_url, traces_of
from orm_insight.model.summary import TraceSummary
from orm_insight.stores.base import Listed
from orm_insight.ui.format import counted
from orm_insight.ui.kept import places_of, process_among
from orm_insight.ui.list_pages import TraceRow
from orm_insight.ui.load import load_chart
from orm_insight.ui.overview import SHOWN_PROBLEMS, figures, headline, problem_lines
from orm_insight.ui.overview_contexts import Overview, OverviewPage
from orm_insight.ui.rankings import ENDPOINTS, LINES, STATEMENTS
from orm_insight.ui.traces import Entry, row_of

NEWEST = 8


def overview_page(request: HttpRequest) -> OverviewPage:
    found = overview(request)
    return OverviewPage(
        shell=shell_of(request),
        overview=found,
        demand=demand(request),
        has_traces=bool(found.newest),
        is_readable=insight.store().is_answering,
        import_url=address("import"),
        is_shared=insight.store().is_shared,
    )


def overview(request: HttpRequest) -> Overview:
    workload = look()
    problems, recent = without_echoes(workload.problems), _recent(workload)
    return Overview(
        version=version_of(workload.listed),
        warnings=tuple(warnings(request, insight.status())),
        pending=workload.pending,
        headline=headline(
            problems,
            workload.endpoints,
            workload.traces,
            problem_url,
            lambda endpoint: traces_of("endpoint")(endpoint.id),
        ),
        facts=tuple(figures(workload.traces, problems)),
        problems=problem_lines(problems[1 : SHOWN_PROBLEMS + 1], problem_url),
        all_problems=counted(len(workload.problems), "problem"),
        load=load_chart(recent),
        newest=tuple(_rows(workload)),
        endpoints=first_rows(ENDPOINTS, workload.endpoints, "endpoints", "endpoint"),
        lines=first_rows(LINES, workload.lines, "lines", "line"),
        statements=first_rows(STATEMENTS, workload.statements, "statements", "statement"),
        problems_url=address("problems"),
        traces_url=address("traces"),
    )


def _recent(workload: Workload) -> list[TraceSummary]:
    """Without those that are kept from hours ago: a chart of them would be empty in between."""
    recent = {entry.summary.id for entry in workload.listed if "recent" in entry.kept_for}
    return [trace for trace in workload.traces if trace.id in recent]


def _rows(workload: Workload) -> list[TraceRow]:
    places = places_of(entry.summary for entry in workload.listed)
    own = [entry for entry in workload.listed if not entry.summary.is_imported]
    return [
        row_of(entry_of(entry), TraceLinks(entry.summary.id), process_among(entry.summary, places))
        for entry in own[:NEWEST]
    ]


def entry_of(listed: Listed) -> Entry:
    digest = digests.get(listed.summary)
    line = digest.line if digest else None
    return Entry(summary=listed.summary, kept_for=listed.kept_for, digest=line)
