"""Which files and which template lines took the time; the shares are one together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm_insight.analysis.groups import group_queries
from orm_insight.analysis.timeline import break_down, elapsed
from orm_insight.model.trace import DroppedQueries
from tests.builders import make_query, make_site, make_trace

VIEWS = make_site("/app/views.py", 3)
PAGE = make_site("/app/page.html", 7, is_template=True)


def broken_down(*queries, **facts):
    trace = make_trace(*queries, **facts)
    return break_down(group_queries(trace.queries, trace.overflow), elapsed(trace, trace.queries))


def brief(parts):
    return [(part.site and part.site.location, part.count, part.total_ms) for part in parts]


def test_no_statement():
    found = broken_down(duration_ms=10.0)

    assert (found.modules, found.template_lines) == ((), ())
    assert (found.application_ms, found.application_share) == (10.0, 1.0)


def test_trace_that_took_no_time():
    assert broken_down(duration_ms=0.0).application_share == 0.0


def test_statements_of_python_are_of_no_template_line():
    assert broken_down(make_query(site=VIEWS)).template_lines == ()


def test_lines_of_one_file_are_one_part_largest_first():
    found = broken_down(
        make_query(site=VIEWS, started_ms=0.0, duration_ms=10.0),
        make_query(site=make_site("/app/views.py", 4), started_ms=20.0, duration_ms=10.0),
        make_query(site=PAGE, started_ms=40.0, duration_ms=30.0),
        make_query(site=None, started_ms=80.0, duration_ms=5.0),
    )

    assert brief(found.modules) == [
        ("/app/page.html:7", 1, 30.0),
        ("/app/views.py:3", 2, 20.0),
        (None, 1, 5.0),
    ]
    assert [part.lines for part in found.modules] == [1, 2, 0]
    assert [part.share for part in found.modules] == [0.3, 0.2, 0.05]
    assert found.application_ms == 45.0


def test_two_statements_of_a_template_line_are_one_part():
    other = make_query("SELECT 2", site=PAGE, started_ms=10.0)
    found = broken_down(make_query(site=PAGE), other, make_query(site=VIEWS, started_ms=20.0))

    assert brief(found.template_lines) == [("/app/page.html:7", 2, 2.0)]


def test_dropped_statements_are_a_part_of_their_file():
    dropped = DroppedQueries(sql="SELECT 1", site=VIEWS, alias="default", count=9, total_ms=40.0)
    found = broken_down(make_query(site=VIEWS, duration_ms=10.0), dropped=9, overflow=(dropped,))

    assert brief(found.modules) == [("/app/views.py:3", 10, 50.0)]
    assert (found.application_ms, found.application_share) == (50.0, 0.5)


TIMES = st.floats(0.01, 200, allow_nan=False)


@given(
    st.lists(st.tuples(st.sampled_from([VIEWS, PAGE, None]), TIMES, TIMES)),
    TIMES,
    st.lists(TIMES, max_size=2),
)
def test_shares_are_one_together(statements, duration_ms, over):
    found = broken_down(
        *(make_query(site=site, started_ms=at, duration_ms=ms) for site, at, ms in statements),
        duration_ms=duration_ms,
        dropped=len(over),
        overflow=tuple(
            DroppedQueries(sql=f"SELECT {n}", site=VIEWS, alias="default", count=1, total_ms=ms)
            for n, ms in enumerate(over)
        ),
    )

    shares = [part.share for part in found.modules]
    assert sum(shares) + found.application_share == pytest.approx(1.0)
