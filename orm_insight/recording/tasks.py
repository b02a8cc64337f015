"""Records each task of ``django.tasks`` (Django 6.0 and later), whichever backend runs it.

All backends call the function through ``Task.call`` or ``Task.acall``: exactly the function is
recorded, not how a worker looks for work. A task that is run at once, in the middle of a request,
is a part of that request.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from orm_insight import faults
from orm_insight.conf import get_config
from orm_insight.imports import late
from orm_insight.patching import Patches

if TYPE_CHECKING:
    from django.tasks import base, signals

    from orm_insight.recording import runs
else:
    base = late("django.tasks.base")
    signals = late("django.tasks.signals")
    runs = late("orm_insight.recording.runs")


_patches = Patches()
_announced: ContextVar[Any] = ContextVar("orm_insight_task", default=None)
"""The task, with its id, that a backend has said it is about to run here."""


def install() -> None:
    """A second call changes nothing."""
    task: Any = base.Task
    _patches.replace(task, "call", _recording)
    _patches.replace(task, "acall", _recording_async)
    signals.task_started.connect(_note_start, dispatch_uid="orm_insight_tasks")


def uninstall() -> None:
    if _patches:
        signals.task_started.disconnect(dispatch_uid="orm_insight_tasks")
    _patches.undo()


def _note_start(*, task_result: Any, **_: Any) -> None:
    _announced.set(task_result)


def _recording(original: Callable[..., Any]) -> Callable[..., Any]:
    def call(task: Any, *args: Any, **kwargs: Any) -> Any:
        with _recorded(task):
            return original(task, *args, **kwargs)

    return call


def _recording_async(original: Callable[..., Any]) -> Callable[..., Any]:
    async def acall(task: Any, *args: Any, **kwargs: Any) -> Any:
        with _recorded(task):
            return await original(task, *args, **kwargs)

    return acall


def _recorded(task: Any) -> AbstractContextManager[None]:
    tags = _tags(task)
    if not get_config().tasks:
        return nullcontext()
    return runs.recorded("task", task.module_path, route=task.module_path, tags=tags)


def _tags(task: Any) -> dict[str, str]:
    tags = {"queue": str(task.queue_name)}
    try:
        result = _announced.get()
        if result is not None and result.task.func is task.func:
            tags["task id"] = str(result.id)
        _announced.set(None)
    except Exception as fault:
        faults.report("name a task", fault)
    return tags
