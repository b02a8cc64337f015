"""The thread that explains slow queries: what it is given, what it leaves, how it ends."""

from __future__ import annotations

import threading
from array import array

import pytest
from django.core.signals import request_finished

from orm_insight.capture import faults
from orm_insight.model.querylog import QueryLog
from orm_insight.slow_explainer import MAX_TRACES, SlowExplainer
from tests.builders import make_query, make_trace

WAIT_S = 20


class Explained(list):
    """Statements in the order in which they came; waits at the gate where that is closed."""

    def __init__(self):
        super().__init__()
        self.has_come, self.gate = threading.Event(), threading.Event()
        self.gate.set()

    def __call__(self, slow):
        self.has_come.set()
        self.gate.wait(WAIT_S)
        self.append(slow.query.sql)


@pytest.fixture
def explained():
    return Explained()


@pytest.fixture
def explainer(explained):
    explainer = SlowExplainer(explained, threshold_ms=100, per_minute=600)
    yield explainer
    explainer.stop()
    assert explainer.wait(WAIT_S)


def trace(number, **facts):
    return make_trace(make_query(f"SELECT {'a' * number}", duration_ms=100 + number), **facts)


def answer():
    request_finished.send(sender=None)


def test_a_request_waits_for_its_response_and_a_block_does_not(explainer, explained):
    explainer.offer(trace(1))
    explainer.offer(trace(2, kind="capture"))
    assert explainer.wait(WAIT_S)
    assert explained == ["SELECT aa"]

    answer()
    assert explainer.wait(WAIT_S)
    assert explained == ["SELECT aa", "SELECT a"]


def test_a_trace_that_is_kept_again_is_read_once(explainer, explained):
    streamed = trace(1, id="streamed")
    explainer.offer(streamed)
    explainer.offer(streamed)
    answer()

    assert explainer.wait(WAIT_S)
    assert explained == ["SELECT a"]


def test_responses_that_never_end_are_bounded(explainer):
    for number in range(1, MAX_TRACES + 8):
        explainer.offer(trace(number))

    assert explainer.dropped == 7


def test_traces_that_come_faster_than_they_are_explained_are_bounded(explainer, explained):
    explained.gate.clear()
    explainer.offer(trace(500, kind="capture"))
    assert explained.has_come.wait(WAIT_S)
    for number in range(1, MAX_TRACES + 100):
        explainer.offer(trace(number, kind="capture"))
    assert explainer.dropped == 99

    explained.gate.set()
    assert explainer.wait(WAIT_S)
    assert f"SELECT {'a' * (MAX_TRACES + 99)}" in explained


def test_a_failure_is_counted_and_the_thread_goes_on():
    seen = []

    def fail(slow):
        seen.append(slow.query.sql)
        raise ValueError("no")

    explainer = SlowExplainer(fail, threshold_ms=100, per_minute=600)
    explainer.offer(make_trace(*trace(1).queries, *trace(2).queries, kind="capture"))

    assert explainer.wait(WAIT_S)
    assert seen == ["SELECT aa", "SELECT a"]
    assert faults.counts() == {"explain a slow query: ValueError: no": 2}
    faults.clear()


def test_a_trace_that_cannot_be_read_is_counted_and_the_next_one_is(explainer, explained):
    broken = QueryLog(durations_ms=array("d", [500.0]))
    explainer.offer(make_trace(queries=broken, kind="capture"))
    explainer.offer(trace(1, kind="capture"))

    assert explainer.wait(WAIT_S)
    assert explained == ["SELECT a"]
    [fault] = faults.counts()
    faults.clear()
    assert fault.startswith("look for slow queries: IndexError")


def test_nothing_is_begun_after_the_end(explainer, explained):
    explainer.offer(trace(1))
    explainer.stop()
    explainer.offer(trace(2))
    explainer.offer(trace(3, kind="capture"))
    answer()

    assert explainer.wait(0)
    assert explained == []
