"""Which groups a page shows first, and what leads to the others."""

from __future__ import annotations

import pytest

from orm_insight.dashboard.links import TraceLinks
from orm_insight.model.schema import Schema
from orm_insight.reports.report import analyze
from orm_insight.ui.queries import groups, leading_groups
from orm_insight.ui.source import Sources
from tests.builders import make_query, make_site, make_trace


def leading(*durations):
    queries = [
        make_query(f"SELECT {n}", site=make_site(line=n), duration_ms=ms)
        for n, ms in enumerate(durations)
    ]
    trace = make_trace(*queries)
    return leading_groups(analyze(trace, Schema()), TraceLinks(trace.id), Sources(trace))


@pytest.mark.parametrize("durations", [(), (5.0,), (90.0, 1.0, 1.0, 1.0)])
def test_few_groups_are_all_shown(durations):
    found = leading(*durations)

    assert (len(found.rows), found.more, found.more_url) == (len(durations), "", None)


def test_what_is_little_together_is_folded():
    found = leading(900.0, 80.0, *[1.0] * 20)

    assert (len(found.rows), found.more) == (2, "Show 20 more")
    assert found.more_url.endswith("/groups/?offset=2")


def test_no_more_than_ten_are_shown_first():
    found = leading(*[1.0] * 100)

    assert (len(found.rows), found.total, found.more) == (10, 100, "Show 40 more of 90")


def test_statements_that_took_no_time():
    assert len(leading(*[0.0] * 9).rows) == 9


def test_the_last_of_the_others_are_told_as_such():
    queries = [make_query(f"SELECT {n}", site=make_site(line=n)) for n in range(95)]
    trace = make_trace(*queries)
    report, links = analyze(trace, Schema()), TraceLinks(trace.id)

    found = groups(report, links, Sources(trace), offset=10)

    assert (len(found.rows), found.more) == (40, "Show 45 more")
