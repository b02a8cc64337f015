"""The way into a recording and the way out: what the settings decide, and whose failures show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

import orm_insight
from orm_insight import faults, insight, stores
from orm_insight.capture.active import active
from orm_insight.model.trace import Redacted, Trace, TraceKind
from orm_insight.recording import session
from orm_insight.recording.live import Recording

pytestmark = pytest.mark.django_db


def execute(number: int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [number])


def started(kind: TraceKind = "command") -> Recording:
    recording = session.start(kind, "here")
    assert recording is not None
    return recording


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Trace]:
    traces: list[Trace] = []
    monkeypatch.setattr(session, "keep", traces.append)
    return traces


@pytest.fixture
def failing_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(trace: Trace) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(stores.store(), "save", fail)
    yield
    faults.clear()


def test_settings_decide_limits_and_redaction(settings: Any) -> None:
    settings.ORM_INSIGHT = {"MAX_QUERIES": 2, "REDACT_PARAMS": True}
    recording = started()
    for number in range(3):
        execute(number)
    trace = session.finish(recording)

    assert trace is not None
    assert (len(trace.queries), trace.dropped) == (2, 1)
    assert {type(value) for query in trace.queries for value in query.params} == {Redacted}


def test_a_start_that_fails_leaves_nothing_active(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "redaction", lambda: 1 / 0)

    assert session.start("task", "here") is None
    assert active.get() is None
    assert list(faults.counts()) == [
        "begin the trace of a task: ZeroDivisionError: division by zero"
    ]
    faults.clear()


def test_a_start_that_fails_leaves_the_recording_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    outer = started()
    with monkeypatch.context() as patch:
        patch.setattr(session, "redaction", lambda: 1 / 0)
        assert session.start("task", "here") is None
    execute()
    trace = session.finish(outer)

    assert trace is not None
    assert len(trace.queries) == 1
    faults.clear()


@pytest.mark.usefixtures("failing_store")
def test_a_store_that_fails_is_a_fault_of_ours_and_ends_the_recording() -> None:
    recording = started()
    execute()

    assert session.finish(recording) is None
    assert recording.recorder.is_over
    assert active.get() is None
    assert list(faults.counts()) == ["keep the trace of a command: OSError: disk full"]


@pytest.mark.usefixtures("failing_store")
def test_a_block_has_its_trace_although_the_store_fails() -> None:
    with orm_insight.capture() as block:
        execute()

    assert len(block.queries) == 1
    assert block.finished() is block.finished()
    assert insight.recent() == ()


def test_a_block_whose_start_fails_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "redaction", lambda: 1 / 0)

    @orm_insight.capture
    def numbers() -> Iterator[int]:
        execute()
        yield 1

    with orm_insight.capture() as block:
        assert list(numbers()) == [1]
    with pytest.raises(RuntimeError, match="Nothing"):
        block.finished()
    faults.clear()


def test_an_error_is_described_and_a_text_stands() -> None:
    first = session.finish(started(), error=ValueError("no such book"))
    second = session.finish(started(), error="The task was interrupted.")

    assert first is not None
    assert second is not None
    assert (first.error, second.error) == ("ValueError: no such book", "The task was interrupted.")


def test_a_recording_that_goes_on_is_kept_again_only_if_something_was_done(
    saved: list[Trace],
) -> None:
    quiet = started()
    session.finish(quiet, goes_on=True)
    session.end(quiet)
    assert len(saved) == 1

    busy = started()
    session.finish(busy, goes_on=True)
    busy.activate()
    execute()
    busy.deactivate()
    assert not busy.recorder.is_over
    session.end(busy)

    assert busy.recorder.is_over
    assert [len(trace.queries) for trace in saved] == [0, 0, 1]


def test_uses_are_not_known_before_a_response_is_sent(saved: list[Trace]) -> None:
    recording = session.start("request", "here", deep=True)
    assert recording is not None
    execute()
    session.finish(recording, goes_on=True, is_sent=False)
    session.end(recording)

    assert [trace.uses is None for trace in saved] == [True, False]
