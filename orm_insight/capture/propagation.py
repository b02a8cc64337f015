"""Takes a recording along into other threads, with the stack of the code that waits for them.

A new thread has an empty context, so that its queries would belong to nobody. A function that went
through ``in_context`` takes the recording along; ``follow`` does so for every thread and every call
of a thread pool. The threads of pools, and our own, take nothing along when they start: they do not
work for the one who happened to need them first.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import SyncToAsync

from orm_insight import faults
from orm_insight.capture.active import active
from orm_insight.capture.code_roles import Role, declare
from orm_insight.capture.stack import awaiting
from orm_insight.patching import Patches

# -- coroutines that wait for a thread --------------------------------------------------------
#
# Django's asynchronous ORM runs in a thread, whose own stack begins at the thread pool. The stack
# that calls ``sync_to_async`` is numbered and goes along in a context variable.


def _noting_who_awaits(original: Any) -> Any:
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        stack = _calling_stack(sys._getframe(1))
        if stack is None:
            return original(self, *args, **kwargs)
        return _run_below(stack, original(self, *args, **kwargs))

    return __call__


declare(SyncToAsync.thread_handler.__code__, Role.THREAD)
_awaiting = Patches((SyncToAsync, "__call__", _noting_who_awaits))
install, uninstall = _awaiting.install, _awaiting.undo


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


# -- threads that the application starts ------------------------------------------------------

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_context(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """``function``, to be called in another thread, recorded as a part of the work here.

    Its queries show the line that called ``in_context`` as their outermost caller::

        Thread(target=orm_insight.in_context(work)).start()
        pool.map(orm_insight.in_context(fetch), ids)
    """
    return _carried(function, sys._getframe(1))


def _carried(function: Callable[..., Any], frame: Any) -> Callable[..., Any]:
    try:
        recorder = active.get()
        if recorder is None:
            return function
        stack = recorder.walker.walk(frame)
    except Exception as error:
        faults.report("take a recording into a thread", error)
        return function

    @contextmanager
    def going_along() -> Iterator[None]:
        recording, waiting = active.set(recorder), awaiting.set(stack)
        try:
            yield
        finally:
            awaiting.reset(waiting)
            active.reset(recording)

    def carried(*args: Any, **kwargs: Any) -> Any:
        with going_along():
            return function(*args, **kwargs)

    async def carried_async(*args: Any, **kwargs: Any) -> Any:
        with going_along():
            return await function(*args, **kwargs)

    code: Any = carried_async if iscoroutinefunction(function) else carried
    declare(code.__code__, Role.THREAD)
    return wraps(function)(code)


def _following_threads(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(self: Any) -> None:
        if active.get() is not None and not _serves_others(self):
            self.run = _carried(self.run, sys._getframe(1))
        original(self)

    return start


def _following_calls(original: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if active.get() is not None and not _takes_context(fn):
            fn = _carried(fn, sys._getframe(1))
        return original(self, fn, *args, **kwargs)

    return submit


_following = Patches(
    (threading.Thread, "start", _following_threads),
    (ThreadPoolExecutor, "submit", _following_calls),
)
follow, unfollow = _following.install, _following.undo
_SERVING = frozenset({("concurrent.futures.thread", "_worker"), ("multiprocessing.pool", "worker")})
"""Module and name of the functions that run in the threads of pools."""
_OWN = "orm_insight"
"""The beginning of our own threads' names."""


def _serves_others(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    what = (getattr(target, "__module__", ""), getattr(target, "__name__", ""))
    return what in _SERVING or thread.name.startswith(_OWN)


def _takes_context(function: Any) -> bool:
    """Return whether ``sync_to_async`` or ``asyncio.to_thread`` has made it: they take it along."""
    owner = getattr(getattr(function, "func", None), "__self__", None)
    return isinstance(owner, (SyncToAsync, Context))
