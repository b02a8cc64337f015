"""The overview of all traces: the worst problem first, then rankings and the newest traces."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from orm_insight import insight
from orm_insight.dashboard.digests import entry_of
from orm_insight.dashboard.links import TraceLinks, address
from orm_insight.dashboard.problems import problems_of
from orm_insight.dashboard.rankings import first_rows
from orm_insight.dashboard.responses import fields_of, shell_of
from orm_insight.dashboard.state import demand, version_of, warnings
from orm_insight.dashboard.traces import summary_json
from orm_insight.dashboard.workload import Workload, look, newest_url, traces_of
from orm_insight.model.summary import TraceSummary
from orm_insight.reports.problems import Spot, without_echoes
from orm_insight.reports.workload import Endpoint, Line, Statement, Totals
from orm_insight.ui.format import counted
from orm_insight.ui.overview import (
    SHOWN_PROBLEMS,
    Overview,
    OverviewPage,
    figures,
    headline,
    load_chart,
    problem_lines,
)
from orm_insight.ui.traces import TraceRow, places_of, process_among, row_of

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
            newest_url,
            lambda endpoint: traces_of("endpoint")(endpoint.id),
        ),
        facts=tuple(figures(workload.traces, problems)),
        problems=problem_lines(problems[1 : SHOWN_PROBLEMS + 1], newest_url),
        all_problems=counted(len(workload.problems), "problem"),
        load=load_chart(recent),
        newest=tuple(_rows(workload)),
        endpoints=first_rows(workload.endpoints, "endpoints"),
        lines=first_rows(workload.lines, "lines"),
        statements=first_rows(workload.statements, "statements"),
        problems_url=address("problems"),
        traces_url=address("traces"),
    )


def _recent(workload: Workload) -> list[TraceSummary]:
    """Leave out traces that are kept for hours, because the chart would be mostly empty."""
    recent = {entry.summary.id for entry in workload.listed if "recent" in entry.kept_for}
    return [trace for trace in workload.traces if trace.id in recent]


def _rows(workload: Workload) -> list[TraceRow]:
    places = places_of(entry.summary for entry in workload.listed)
    own = [entry for entry in workload.listed if not entry.summary.is_imported]
    return [
        row_of(entry_of(entry), TraceLinks(entry.summary.id), process_among(entry.summary, places))
        for entry in own[:NEWEST]
    ]


# The overview as JSON.


def overview_json() -> dict[str, Any]:
    """``waiting`` counts the traces that are not analysed yet."""
    workload = look()
    return {
        "version": 1,
        "problem": insight.store().problem,
        "waiting": len(workload.traces) - len(workload.known),
        "problems": problems_of(workload.problems),
        "endpoints": [_endpoint(endpoint) for endpoint in workload.endpoints],
        "call_sites": [_line(line) for line in workload.lines],
        "statements": [_statement(statement) for statement in workload.statements],
        "traces": [summary_json(entry_of(entry)) for entry in workload.listed],
    }


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    newest = endpoint.newest
    return {
        "id": endpoint.id,
        **fields_of(newest, "kind", "method", "url_name"),
        "path": newest.path if endpoint.paths == 1 else None,
        "view": newest.view,
        **fields_of(endpoint, "calls", "p50_ms", "p95_ms", "total_ms", "query_ms"),
        **fields_of(endpoint, "queries", "problems"),
        "url": traces_of("endpoint")(endpoint.id),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        **_site(line.site),
        "statements": line.statements,
        **_totals(line.totals),
        "url": traces_of("line")(line.id),
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        **fields_of(statement, "id", "fingerprint", "alias"),
        **_site(statement.site),
        **_totals(statement.totals),
        "url": traces_of("statement")(statement.id),
    }


def _site(site: Spot | None) -> dict[str, Any]:
    file, line, function = site or (None, None, None)
    return {"file": file, "line": line, "function": function}


def _totals(totals: Totals) -> dict[str, Any]:
    return {"queries": totals.count, **fields_of(totals, "traces", "total_ms", "slowest_ms")}
