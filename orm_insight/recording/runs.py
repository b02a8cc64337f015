"""A management command or a background task as a recording, where no request is around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from orm_insight import faults
from orm_insight.capture.active import active
from orm_insight.model.trace import TraceKind
from orm_insight.recording import control, session
from orm_insight.recording.live import Recording
from orm_insight.recording.policy import is_recording


@contextmanager
def recorded(
    kind: TraceKind, name: str, *, route: str, tags: Mapping[str, str] | None = None
) -> Iterator[None]:
    recording = begin_run(kind, name)
    error: BaseException | None = None
    try:
        yield
    except BaseException as raised:
        # ``sys.exit()`` without a reason is how some commands end well.
        error = None if isinstance(raised, SystemExit) and not raised.code else raised
        raise
    finally:
        finish_run(recording, route=route, error=error, tags=tags)


def begin_run(kind: TraceKind, name: str) -> Recording | None:
    """Start to record, unless that is off, or a request, test or block records already.

    A run inside another trace has none of its own: each statement is on one outermost trace.
    """
    try:
        control.follow()
        around = active.get()
        is_recorded = around is not None and around.current() is not None
        return session.start(kind, name) if is_recording() and not is_recorded else None
    except Exception as error:
        faults.report(f"begin the trace of a {kind}", error)
        return None


def finish_run(
    recording: Recording | None,
    *,
    route: str,
    error: BaseException | str | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Stop, and keep the trace. ``route`` is the same for all runs of the same code."""
    if recording is not None:
        make = partial(recording.trace, view=route, tags=tags or {})
        session.finish(recording, make, error=error)
