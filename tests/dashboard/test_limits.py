"""Large traces, full rings, and data made to break pages."""

from __future__ import annotations

import re

import pytest

from orm_insight import faults, insight
from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Transaction
from tests.builders import make_frame, make_query, make_site
from tests.dashboard.kept import HOSTILE, repeated

KILOBYTE = 1000


def in_a_loop(count: int) -> list:
    """Four statements again and again, each round in a transaction of its own."""
    return [
        make_query(
            f'SELECT "a" FROM "t{n % 4}" WHERE "id" = %s',
            params=(n,),
            site=make_site("/app/page.html", n % 4 + 1, is_template=True),
            started_ms=n * 0.7,
            duration_ms=0.1,
        )
        for n in range(count)
    ]


def different(count: int, **facts) -> list:
    """Long statements of far places, each slow at its time and gone wrong."""
    return [
        make_query(
            f'SELECT "column_{n}", "{"long" * 60}" FROM "table_{n}" WHERE {"x" * 200} = {n}',
            site=make_site(f"/srv/{'deep/' * 20}module_{n}.py", n, function="f" * 150, **facts),
            started_ms=n * 7.0,
            duration_ms=0.5 + (n * 7919 % 1000) ** 3 / 1e6,
            error="e" * 5_000,
        )
        for n in range(1, count + 1)
    ]


def transactions(count: int, span_ms: float) -> tuple[Transaction, ...]:
    return tuple(
        Transaction(
            alias=f"replica_{n % 3}",
            started_ms=n * span_ms / count,
            duration_ms=span_ms / count / 2,
            outcome="rolled back" if n % 2 else "committed",
            end_ms=span_ms / count / 4,
        )
        for n in range(count)
    )


def test_page_of_ten_thousand_queries_is_small(dashboard):
    trace = dashboard.keep(*repeated(10_000, duration_ms=0.01), duration_ms=500.0)

    page = dashboard.text(f"traces/{trace.id}/")

    assert len(page.encode()) < 300 * KILOBYTE
    assert "Show 100 more of 9,900" in page


@pytest.mark.parametrize(
    ("queries", "duration_ms"),
    [
        (in_a_loop(10_000), 7_000.0),
        (different(10_000), 70_000.0),
        (different(10_000, is_template=True), 70_000.0),
    ],
    ids=["loop", "different", "different template lines"],
)
def test_page_of_ten_thousand_queries_in_transactions_is_small(dashboard, queries, duration_ms):
    ran = transactions(2_500, duration_ms)
    trace = dashboard.keep(*queries, transactions=ran, duration_ms=duration_ms)

    page = dashboard.text(f"traces/{trace.id}/")

    assert len(page.encode()) < 300 * KILOBYTE
    assert page.count('class="oi-flow-row oi-flow-of-') <= 61


def test_waterfall_of_ten_thousand_queries_at_the_same_time_is_small(dashboard):
    """Every loop lasts as long as the trace, so that each row is drawn from end to end."""
    queries = [
        make_query(
            f"SELECT {n // 100}", site=make_site(line=n // 100 + 1), started_ms=n % 100 * 9.0
        )
        for n in range(10_000)
    ]
    trace = dashboard.keep(*queries, duration_ms=900.0)

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


def test_list_of_a_full_ring_reads_no_trace_again(dashboard, reads):
    for number in range(200):
        dashboard.keep(queries=QueryLog.of(repeated(50)), path=f"/{number}/")
    dashboard.get()
    assert reads
    reads.clear()

    dashboard.get()

    assert reads == []


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

    assert "<script>" not in dashboard.text("traces/", q=HOSTILE.replace("\udc80", ""))


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
    page = dashboard.text("traces/")

    assert "analyse a trace: RuntimeError" in page
    faults.clear()
