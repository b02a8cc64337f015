"""Records each task of Celery, from its signal ``task_prerun`` to ``task_postrun``.

Celery sends both in the thread that runs the task, the second one however the task ends, also by a
time limit; only a process that is killed outright takes its trace along. An eager task in a request
is a part of that request.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from orm_insight import faults
from orm_insight.conf import get_config
from orm_insight.imports import late
from orm_insight.recording.shutdown import flush

if TYPE_CHECKING:
    from celery import signals

    from orm_insight.recording import runs
    from orm_insight.recording.live import Recording
else:
    signals = late("celery.signals")
    runs = late("orm_insight.recording.runs")


_UID = "orm_insight_celery"


class _Run:
    """A task under way in this thread."""

    def __init__(self, task_id: str, task: Any, recording: Recording) -> None:
        self.task_id = task_id
        self.name: str = task.name
        self.recording = recording
        self.error: BaseException | str | None = None
        self.tags = {"task id": task_id, **_delivery(task)}


_running: ContextVar[_Run | None] = ContextVar("orm_insight_celery", default=None)


def install() -> None:
    """A second call changes nothing."""
    for name, receiver in _RECEIVERS.items():
        getattr(signals, name).connect(receiver, weak=False, dispatch_uid=_UID)


def uninstall() -> None:
    for name in _RECEIVERS:
        getattr(signals, name).disconnect(dispatch_uid=_UID)


def _begin(*, task_id: str, task: Any, **_: Any) -> None:
    try:
        if not task.request.is_eager:
            _abandon()
        if not get_config().tasks:
            return
        recording = runs.begin_run("task", task.name)
        if recording is not None:
            _running.set(_Run(task_id, task, recording))
    except Exception as error:
        faults.report("begin the trace of a task", error)


def _abandon() -> None:
    """End a task that was broken off: a worker runs one at a time in a thread.

    A time limit may strike at any place, between our own lines as well.
    """
    run = _running.get()
    if run is not None:
        _end(run, run.error or "The task was interrupted.")


def _note_failure(*, task_id: str, exception: BaseException, **_: Any) -> None:
    _note(task_id, exception)


def _note_retry(*, request: Any, reason: Any, **_: Any) -> None:
    _note(request.id, reason if isinstance(reason, BaseException) else str(reason))


def _note(task_id: str, error: BaseException | str) -> None:
    run = _running.get()
    if run is not None and run.task_id == task_id:
        run.error = error


def _finish(*, task_id: str, retval: Any = None, state: str | None = None, **_: Any) -> None:
    run = _running.get()
    if run is None or run.task_id != task_id:
        return
    if state:
        run.tags["state"] = state.lower()
    _end(run, run.error or (sys.exception() if state is None else None))


def _end(run: _Run, error: BaseException | str | None) -> None:
    _running.set(None)
    runs.finish_run(run.recording, route=run.name, error=error, tags=run.tags)


def _delivery(task: Any) -> dict[str, str]:
    """Return the queue that it came from, and how often it was tried before, as tags."""
    request = task.request
    queue = (request.delivery_info or {}).get("routing_key")
    tags = {"queue": str(queue)} if queue else {}
    if request.retries:
        tags["retry"] = str(request.retries)
    return tags


def _leave(**_: Any) -> None:
    flush()


_RECEIVERS: dict[str, Callable[..., None]] = {
    "task_prerun": _begin,
    "task_failure": _note_failure,
    "task_retry": _note_retry,
    "task_postrun": _finish,
    # A process of the pool ends without what is registered for the end of a process.
    "worker_process_shutdown": _leave,
}
