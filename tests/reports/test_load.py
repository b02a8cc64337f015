"""The load over time: equal spans, none left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm_insight.model.summary import summary_of
from orm_insight.reports.workload import SPANS, load_over_time
from tests.builders import make_query, make_trace

BEGIN = datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)


def at(seconds: float, **facts):
    facts = {"duration_ms": 100.0, **facts}
    queries = [make_query(duration_ms=30.0)]
    return summary_of(make_trace(*queries, started_at=BEGIN + timedelta(seconds=seconds), **facts))


def test_noop_no_traces():
    assert load_over_time([]) == (timedelta(), ())


def test_one_trace_is_one_span():
    length, [span] = load_over_time([at(0)])
    assert (length, span.traces, span.begins_at) == (timedelta(seconds=1), 1, BEGIN)
    assert (span.query_ms, span.other_ms) == (30.0, 70.0)


def test_spans_between_are_there_and_empty():
    _, spans = load_over_time([at(5), at(0), at(0.5)])
    assert [span.traces for span in spans] == [2, 0, 0, 0, 0, 1]


def test_spans_begin_at_round_times():
    length, spans = load_over_time([at(0), at(3_000)])
    assert length == timedelta(minutes=1)
    assert spans[0].begins_at == BEGIN.replace(second=0)


def test_queries_that_overlap_take_no_more_than_there_was():
    _, [span] = load_over_time([at(0, duration_ms=20.0)])
    assert (span.query_ms, span.other_ms) == (20.0, 0.0)


@given(st.lists(st.floats(0, 10**7), min_size=1, max_size=30))
def test_every_trace_is_in_one_of_few_spans(offsets):
    traces = [at(offset) for offset in offsets]
    length, spans = load_over_time(traces)

    assert sum(span.traces for span in spans) == len(traces)
    assert len(spans) <= SPANS
    assert sum(span.total_ms for span in spans) == pytest.approx(100.0 * len(traces))
    steps = {b.begins_at - a.begins_at for a, b in pairwise(spans)}
    assert steps <= {length}
