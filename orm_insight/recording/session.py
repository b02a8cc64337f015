"""The way into a recording and the way out of it, for requests, runs and blocks alike."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FrameType

from orm_insight import faults
from orm_insight.capture.active import active
from orm_insight.capture.recorder import Recorder
from orm_insight.capture.usage import Usage
from orm_insight.conf import get_config
from orm_insight.model.trace import Trace, TraceKind
from orm_insight.pipeline import keep
from orm_insight.recording import detached
from orm_insight.recording.live import Recording, describe
from orm_insight.recording.policy import redaction


def start(
    kind: TraceKind, name: str, *, deep: bool = False, opened_in: CodeType | None = None
) -> Recording | None:
    """Start to record everything that this thread or task does from now on.

    ``deep`` also watches which rows, columns and relations are used, at many times the cost.
    ``opened_in`` is the code that has entered a block. ``None`` where our own code fails.
    """
    around = active.get()
    try:
        config = get_config()
        recorder = Recorder(
            limit=config.max_queries,
            detailed=config.max_detailed_queries,
            outer=around.current() if around is not None else None,
            usage=Usage() if deep else None,
            opened_in=opened_in,
        )
        recording = Recording(
            kind=kind, name=name, recorder=recorder, redact=redaction(), is_deep=deep
        )
        detached.prepare(recording)
        recording.activate()
        return recording
    except Exception as error:
        # A time limit of a worker may strike here, too: no recorder stays active.
        active.set(around)
        faults.report(f"begin the trace of a {kind}", error)
        return None


def finish(
    recording: Recording,
    make: Callable[[], Trace] | None = None,
    *,
    error: BaseException | str | None = None,
    goes_on: bool = False,
    is_sent: bool = True,
) -> Trace | None:
    """Stop, and keep the trace that ``make`` gives; ``None`` where our own code fails.

    With ``goes_on`` the recording lasts until ``end()``: its recorder is activated again for a
    part of it. While its response is not sent, it is not known which rows will be used.
    """
    try:
        recording.deactivate()
        if error is not None:
            recording.error = error if isinstance(error, str) else describe(error)
        if make is not None:
            recording.make = make
        if not goes_on:
            detached.end(recording)
        return keep_now(recording, is_sent=is_sent)
    except Exception as fault:
        recording.end()
        faults.report(f"keep the trace of a {recording.kind}", fault)
        return None


def end(recording: Recording) -> None:
    """Let a recording end that went on, and keep it again if anything was done since."""
    detached.end(recording)
    if recording.kept != recording.progress:
        keep_now(recording)


def keep_now(recording: Recording, *, is_sent: bool = True) -> Trace:
    recording.kept = recording.progress if is_sent or not recording.is_deep else ()
    trace = recording.make()
    keep(trace if is_sent else replace(trace, uses=None))
    return trace


def leave_abandoned() -> None:
    """Forget a block whose ``with`` is nowhere among the callers: a generator was left in it.

    Its recorder stays active in this thread, where the next work is somebody else's.
    """
    recorder = active.get()
    if recorder is None or recorder.opened_in is None:
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is recorder.opened_in:
            return
        frame = frame.f_back
    active.set(None)
