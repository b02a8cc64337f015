"""Many traces added up: by endpoint, by line, by statement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orm_insight.model.schema import Schema
from orm_insight.model.summary import summary_of
from orm_insight.model.trace import DroppedQueries, Query, Trace
from orm_insight.reports import workload
from orm_insight.reports.problems import Spot
from orm_insight.reports.report import analyze
from orm_insight.reports.workload import (
    MAX_PARTS,
    Measured,
    endpoints_of,
    lines_of,
    parts_of,
    percentile,
    statements_of,
)
from tests.builders import make_query, make_site, make_trace
from tests.reports.parts import at


def measured(*queries: Query, problems: frozenset[str] = frozenset(), **facts) -> Measured:
    trace = make_trace(*queries, **facts)
    return Measured(summary_of(trace), parts_of(analyze(trace, Schema())), problems)


def test_noop_nothing_recorded():
    assert endpoints_of([]) == lines_of([]) == statements_of([]) == ()


def test_endpoint_is_the_route_and_not_the_path():
    traces = [
        measured(at(1), path=f"/{n}/", url_name="detail", duration_ms=n * 10.0) for n in (1, 2, 9)
    ]
    [endpoint] = endpoints_of(traces)

    assert (endpoint.calls, endpoint.paths, endpoint.queries) == (3, 3, 3)
    assert (endpoint.p50_ms, endpoint.p95_ms, endpoint.total_ms) == (20.0, 90.0, 120.0)
    assert endpoint.share == pytest.approx(3 / 120)
    assert endpoint.newest.path == "/1/"


def test_endpoints_largest_total_first_with_problems_counted_once():
    slow = [measured(path="/slow/", duration_ms=90.0, problems=frozenset({"a", "b"}))] * 2
    fast = [measured(path="/fast/", duration_ms=10.0, problems=frozenset({"a"}))]

    assert [(e.newest.path, e.problems) for e in endpoints_of([*fast, *slow])] == [
        ("/slow/", 2),
        ("/fast/", 1),
    ]


def test_methods_are_different_endpoints():
    assert len(endpoints_of([measured(method="GET"), measured(method="POST")])) == 2


def test_line_sums_its_statements_over_all_traces():
    other = 'SELECT "b" FROM "u"'
    first = measured(at(1, 2.0), at(1, 4.0), at(1, 1.0, other), at(2, 5.0))
    second = measured(at(1, 3.0))
    top, below = lines_of([first, second])

    assert (top.site, top.statements) == (Spot("/app/blog/views.py", 1, "post_list"), 2)
    assert (top.totals.count, top.totals.traces, top.totals.total_ms) == (4, 2, 10.0)
    assert top.totals.slowest_ms == 4.0
    assert below.totals.total_ms == 5.0


def test_statement_is_told_apart_by_its_line_and_its_database():
    same = 'SELECT "a" FROM "t" WHERE "id" = %s'
    queries = [at(1), at(1), at(2), replace(at(1), alias="replica")]
    found = statements_of([measured(*queries)])

    assert [(s.site.line, s.alias, s.totals.count) for s in found] == [
        (1, "default", 2),
        (2, "default", 1),
        (1, "replica", 1),
    ]
    assert {s.sql for s in found} == {same}
    assert len({s.id for s in found}) == 3


def test_ids_are_the_same_in_every_process():
    [line] = lines_of([measured(at(1))])
    assert line.id == workload.id_of("/app/blog/views.py", 1)


def test_queries_without_a_line_stand_together():
    [line] = lines_of([measured(make_query("SELECT 1"), make_query("SELECT a FROM b"))])
    assert (line.site, line.statements, line.totals.count) == (None, 2, 2)


def test_dropped_statements_count():
    dropped = DroppedQueries(
        sql='SELECT "a" FROM "t"', site=make_site(line=1), alias="default", count=7, total_ms=70.0
    )
    [line] = lines_of([measured(overflow=(dropped,), dropped=7)])
    assert (line.totals.count, line.totals.total_ms) == (7, 70.0)


def test_costliest_parts_are_kept_and_the_rest_is_one():
    queries = [at(n, float(n)) for n in range(1, MAX_PARTS + 11)]
    trace: Trace = make_trace(*queries)
    parts = parts_of(analyze(trace, Schema()))

    assert len(parts) == MAX_PARTS + 1
    assert (parts[-1].count, parts[-1].total_ms) == (10, float(sum(range(1, 11))))
    assert sum(part.count for part in parts) == len(queries)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, 0.0),
        ([7.0], 0.95, 7.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([1.0, 2.0, 3.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.95, 95.0),
        ([float(n) for n in range(1, 11)], 1.0, 10.0),
    ],
)
def test_percentile_is_a_value_that_was_measured(values, share, expected):
    assert percentile(values, share) == expected
