"""Lets code in a worker thread know which coroutine waits for it.

Django's asynchronous ORM runs in a thread, whose own stack begins at the thread pool. Where
``sync_to_async`` is called, the caller's stack is numbered and goes along in a context variable.
"""

from __future__ import annotations

import sys
from typing import Any

from asgiref.sync import SyncToAsync

from orm_insight.capture import faults
from orm_insight.capture.active import active
from orm_insight.capture.codes import Role, declare
from orm_insight.capture.stack import awaiting
from orm_insight.patching import Patches


def _noting_who_awaits(original: Any) -> Any:
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        stack = _calling_stack(sys._getframe(1))
        if stack is None:
            return original(self, *args, **kwargs)
        return _run_below(stack, original(self, *args, **kwargs))

    return __call__


declare(SyncToAsync.thread_handler.__code__, Role.THREAD)
_patches = Patches((SyncToAsync, "__call__", _noting_who_awaits))
install, uninstall = _patches.install, _patches.undo


def _calling_stack(frame: Any) -> int | None:
    try:
        recorder = active.get()
        return None if recorder is None else recorder.walker.walk(frame)
    except Exception as error:
        faults.report("note who awaits a thread", error)
        return None


async def _run_below(stack: int, coroutine: Any) -> Any:
    token = awaiting.set(stack)
    try:
        return await coroutine
    finally:
        awaiting.reset(token)
