"""A fault of ours in any step never reaches the user's request."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from orm_insight import faults, insight
from tests.testapp.factories import make_library

pytestmark = pytest.mark.django_db

PATH = "/shelf/"
STEPS = [
    "recording.requests.is_recording",
    "recording.requests.get_config",
    "recording.requests.session.start",
    "recording.session.keep",
    "recording.requests.trace_of",
    "recording.session.redaction",
    "capture.wrapper.perf_counter",
    "capture.wrapper.frozen",
    "capture.recorder.Recorder.keep",
    "capture.recorder.Recorder.note_vendor",
    "capture.stack.StackWalker.recall",
    "capture.stack.StackWalker.meet",
    "capture.stack.StackWalker._walk",
    "capture.stack.learn",
    "capture.wrapper._meet",
    "capture.wrapper.steps_to_issuer",
    "capture.wrapper.built_at",
    "capture.provenance.object_load",
    "capture.provenance.is_plain",
    "capture.wrapper.narrowing_at",
    "capture.provenance._build",
    "capture.provenance.relations.built_for_relation",
    "capture.provenance.shape_of",
    "capture.provenance.marks._mark_of",
    "capture.provenance._built_at",
    "recording.live.assemble",
    "recording.live.assemble_overflow",
    "capture.assemble._resolve_site",
    "capture.assemble.frame_of",
    "capture.stack.frame_of",
]


@pytest.fixture(autouse=True)
def clear_faults() -> Iterator[None]:
    yield
    faults.clear()


def fail(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("injected")


def break_step(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Replace the function by one that raises; the parts of the path name module and attribute."""
    parts = step.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            target = importlib.import_module(".".join(("orm_insight", *parts[:length])))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:-1]:
            target = getattr(target, attribute)
        monkeypatch.setattr(target, parts[-1], fail)
        return
    raise AssertionError(f"no such step: {step}")


@pytest.mark.parametrize("step", STEPS)
def test_response_is_unchanged_and_fault_is_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    make_library(books=3)
    expected = Client().get(PATH).content
    assert b"Book 2 by" in expected
    break_step(monkeypatch, step)
    with caplog.at_level(logging.ERROR, logger="orm_insight"):
        response = Client().get(PATH)
        Client().get(PATH)
    monkeypatch.undo()
    assert response.status_code == 200
    assert response.content == expected
    counts = insight.status().faults
    assert sum(counts.values()) >= 2
    assert all("injected" in fault for fault in counts)
    records = [record for record in caplog.records if record.name == "orm_insight"]
    assert len(records) == len(counts)


def test_failing_query_raises_as_ever(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    break_step(monkeypatch, "capture.recorder.Recorder.keep")
    with pytest.raises(Exception, match="no_such_table"):
        client.get("/fails/")
