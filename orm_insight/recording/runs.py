"""A management command or a background task as a recording, where no request is around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from orm_insight import faults
from orm_insight.capture.active import active
from orm_insight.conf import get_config
from orm_insight.model.trace import Trace, TraceKind
from orm_insight.pipeline import keep
from orm_insight.recording import control, detached, session
from orm_insight.recording.policy import is_recording, redaction
from orm_insight.recording.session import Recording, describe


def begin_run(kind: TraceKind, name: str) -> Recording | None:
    """Start to record, unless that is off, or a request, test or block records already.

    What joins another trace has none of its own: each statement is on one outermost trace.
    """
    before = active.get()
    try:
        control.follow()
        if not is_recording() or _is_recorded():
            return None
        config = get_config()
        return detached.prepare(
            session.begin(
                kind,
                name,
                limit=config.max_queries,
                detailed=config.max_detailed_queries,
                redact=redaction(),
            )
        )
    except Exception as error:
        # A time limit of a worker may strike here, too: no recorder stays behind.
        active.set(before)
        faults.report(f"begin the trace of a {kind}", error)
        return None


def finish_run(
    recording: Recording | None,
    *,
    route: str,
    error: BaseException | str | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Stop, and keep the trace. ``route`` is what all runs of the same code have in common."""
    if recording is None:
        return
    try:
        recording.deactivate()
        recording.error = describe(error) if isinstance(error, BaseException) else error
        make = partial(_trace_of, recording, route, tags)
        detached.end(recording, make)
        keep(make())
    except Exception as fault:
        recording.end()
        faults.report(f"keep the trace of a {recording.kind}", fault)


def _is_recorded() -> bool:
    recorder = active.get()
    return recorder is not None and recorder.current() is not None


def _trace_of(recording: Recording, route: str, tags: Mapping[str, str] | None) -> Trace:
    return replace(recording.trace(tags=tags), view=route)
