"""Large traces, full rings, and data made to break pages."""

from __future__ import annotations

import re
import time

import pytest

from orm_insight import insight
from orm_insight.capture import faults
from orm_insight.model.querylog import QueryLog
from tests.builders import make_frame, make_query, make_site
from tests.dashboard.test_traces import repeated

HOSTILE = (
    "</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>"
    "'\"{{7*7}}\0\x1b\udc80\ufffe"
)
KILOBYTE = 1000


def test_page_of_ten_thousand_queries_is_small(dashboard):
    trace = dashboard.keep(*repeated(10_000, duration_ms=0.01), duration_ms=500.0)

    page = dashboard.text(f"traces/{trace.id}/")

    assert len(page.encode()) < 300 * KILOBYTE
    assert "Show 100 more of 9,900" in page


def test_page_of_ten_thousand_different_statements_is_small(dashboard):
    queries = [
        make_query(
            f'SELECT "column_{n}", "{"long" * 60}" FROM "table_{n}" WHERE {"x" * 200} = {n}',
            site=make_site(f"/srv/{'deep/' * 20}module_{n}.py", n, function="f" * 150),
            started_ms=n * 7.0,
            duration_ms=0.5,
            error="e" * 5_000,
        )
        for n in range(1, 10_001)
    ]
    trace = dashboard.keep(*queries, duration_ms=70_000.0)

    page = dashboard.text(f"traces/{trace.id}/")

    assert len(page.encode()) < 300 * KILOBYTE


def test_every_query_can_be_reached_by_links(dashboard):
    trace = dashboard.keep(*repeated(350))
    address, seen = f"traces/{trace.id}/queries/", []
    while address:
        page = dashboard.client.get(f"/_orm/{address}").content.decode()
        seen += [int(number) for number in re.findall(r"/queries/(\d+)/\">", page)]
        more = re.search(r'href="/_orm/([^"]+)" data-oi-more', page)
        address = more.group(1) if more else ""

    assert sorted(set(seen)) == list(range(350))


def test_list_of_a_full_ring_is_quick(dashboard):
    for number in range(200):
        dashboard.keep(queries=QueryLog.of(repeated(50)), path=f"/{number}/")
    dashboard.get()
    started = time.perf_counter()

    dashboard.get()

    assert time.perf_counter() - started < 0.5


@pytest.fixture
def hostile(dashboard):
    """Everything that a client or a database can put into a trace."""
    query = make_query(
        f"SELECT '{HOSTILE}'",
        params={HOSTILE: HOSTILE, "b": b"\xff\xfe", "n": HOSTILE * 10_000},
        error=HOSTILE,
        alias=HOSTILE,
        site=make_site(HOSTILE, 1, function=HOSTILE, is_template=True),
        frames=(make_frame(HOSTILE, 1, function=HOSTILE),),
    )
    trace = dashboard.keep(
        *[query] * 3, path=HOSTILE, name=HOSTILE, view=HOSTILE, error=HOSTILE, method="G<T"
    )
    dashboard.trace = trace
    return dashboard


@pytest.mark.parametrize("path", ["", "traces/{}/", "traces/{}/queries/0/", "traces/{}/groups/"])
def test_hostile_data_stays_text(hostile, path):
    page = hostile.text(path.format(hostile.trace.id))

    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror" in page
    assert "{{7*7}}" in page


def test_hostile_data_is_valid_json(hostile):
    found = hostile.get(f"traces/{hostile.trace.id}.json").json()

    assert found["trace"]["path"] == HOSTILE
    assert hostile.get("traces.json").json()["traces"][0]["name"] == HOSTILE


def test_hostile_filter_stays_text(dashboard):
    dashboard.keep()

    assert "<script>" not in dashboard.text(q=HOSTILE.replace("\udc80", ""))


def test_two_megabytes_of_sql_and_fifty_thousand_parameters(dashboard):
    sql = f"SELECT 1 WHERE 1 IN ({', '.join(['%s'] * 500_000)})"
    trace = dashboard.keep(make_query(sql, params=tuple(range(50_000))))

    page = dashboard.text(f"traces/{trace.id}/queries/0/")

    assert len(page.encode()) < 300 * KILOBYTE
    assert f"{len(sql):,} characters" in page
    assert "The first 100 of 50,000" in page


def test_trace_whose_analysis_fails_does_not_take_the_list_along(dashboard, monkeypatch):
    dashboard.keep(make_query())

    def fail(trace):
        raise RuntimeError("analysis")

    monkeypatch.setattr(insight, "report_of", fail)
    page = dashboard.text()

    assert "analyse a trace: RuntimeError" in page
    faults.clear()
