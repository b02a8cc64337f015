"""The overview for scripts: problems, endpoints, call sites, statements, and the list of traces."""

from __future__ import annotations

from typing import Any

from orm_insight import insight
from orm_insight.analysis.problems import Spot
from orm_insight.analysis.workload import Endpoint, Line, Statement, Totals
from orm_insight.dashboard.overview_page import entry_of
from orm_insight.dashboard.problems_page import problems_of
from orm_insight.dashboard.trace_json import summary_json
from orm_insight.dashboard.workload import look, traces_of


def overview_json() -> dict[str, Any]:
    """``waiting`` traces are not analysed yet: problems, call sites and statements lack them."""
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
        "kind": newest.kind,
        "method": newest.method,
        "url_name": newest.url_name,
        "path": newest.path if endpoint.paths == 1 else None,
        "view": newest.view,
        "calls": endpoint.calls,
        "p50_ms": endpoint.p50_ms,
        "p95_ms": endpoint.p95_ms,
        "total_ms": endpoint.total_ms,
        "query_ms": endpoint.query_ms,
        "queries": endpoint.queries,
        "problems": endpoint.problems,
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
        "id": statement.id,
        "fingerprint": statement.fingerprint,
        "alias": statement.alias,
        **_site(statement.site),
        **_totals(statement.totals),
        "url": traces_of("statement")(statement.id),
    }


def _site(site: Spot | None) -> dict[str, Any]:
    file, line, function = site or (None, None, None)
    return {"file": file, "line": line, "function": function}


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "queries": totals.count,
        "traces": totals.traces,
        "total_ms": totals.total_ms,
        "slowest_ms": totals.slowest_ms,
    }
