"""The parts of a trace's time are the whole, whatever ran at once or ended late."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm_insight.analysis.timeline import elapsed, length, merged
from orm_insight.model.trace import DroppedQueries, Transaction
from tests.builders import make_query, make_trace


def parts(trace):
    spent = elapsed(trace, trace.queries)
    return spent.database_ms, spent.ending_ms, spent.application_ms


def ran(started_ms, duration_ms, end_ms=0.0):
    return Transaction(
        alias="default",
        started_ms=started_ms,
        duration_ms=duration_ms,
        outcome="committed",
        end_ms=end_ms,
    )


def test_no_statement():
    assert parts(make_trace(duration_ms=50.0)) == (0.0, 0.0, 50.0)


def test_spans_that_are_apart_stay_apart():
    assert merged([(3.0, 4.0), (1.0, 2.0)]) == ((1.0, 2.0), (3.0, 4.0))


def test_statement_and_application():
    trace = make_trace(make_query(started_ms=10.0, duration_ms=30.0), duration_ms=100.0)

    assert parts(trace) == (30.0, 0.0, 70.0)


def test_what_ran_at_the_same_time_counts_once():
    queries = [make_query(started_ms=n, duration_ms=50.0) for n in (0.0, 25.0, 30.0)]

    assert parts(make_trace(*queries, duration_ms=100.0)) == (80.0, 0.0, 20.0)


def test_end_of_a_transaction_is_neither_statement_nor_application():
    trace = make_trace(
        make_query(started_ms=0.0, duration_ms=10.0),
        transactions=(ran(0.0, 40.0, end_ms=20.0),),
        duration_ms=50.0,
    )

    assert parts(trace) == (10.0, 20.0, 20.0)


def test_statement_that_ends_after_its_trace_makes_the_whole_longer():
    trace = make_trace(make_query(started_ms=90.0, duration_ms=60.0), duration_ms=100.0)

    spent = elapsed(trace, trace.queries)

    assert (spent.whole_ms, spent.application_ms) == (150.0, 90.0)


def test_statements_over_the_limit_are_no_time_of_the_application():
    dropped = DroppedQueries(sql="SELECT 1", site=None, alias="default", count=9, total_ms=40.0)
    trace = make_trace(make_query(duration_ms=10.0), dropped=9, overflow=(dropped,))

    assert parts(trace) == (50.0, 0.0, 50.0)


TIMES = st.floats(0, 200, allow_nan=False)


@given(st.lists(st.tuples(TIMES, TIMES)), st.lists(st.tuples(TIMES, TIMES)), TIMES)
def test_parts_are_the_whole(statements, transactions, duration_ms):
    trace = make_trace(
        *(make_query(started_ms=begin, duration_ms=ms) for begin, ms in statements),
        transactions=tuple(ran(begin, ms, end_ms=ms / 2) for begin, ms in transactions),
        duration_ms=duration_ms,
    )

    assert sum(parts(trace)) == pytest.approx(elapsed(trace, trace.queries).whole_ms, abs=1e-6)
    assert min(parts(trace)) >= -1e-9


@given(st.lists(st.tuples(TIMES, TIMES).map(sorted)))
def test_merged_spans_are_in_order_and_apart(spans):
    found = merged(map(tuple, spans))

    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert length(found) <= sum(end - begin for begin, end in spans) + 1e-6
