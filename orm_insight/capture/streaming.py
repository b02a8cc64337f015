"""Records streaming responses and generators while they work, and not between their steps."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager
from contextvars import Token
from functools import partial
from typing import Any, TypeAlias

from django.http import FileResponse

from orm_insight import faults
from orm_insight.capture import attribute_access
from orm_insight.capture.active import active
from orm_insight.capture.recorder import Recorder

_END = object()


def record_stream(response: Any, recorder: Recorder, finish: Callable[[], None]) -> bool:
    """Let ``recorder`` be active whenever the next part is made, and call ``finish`` at the end.

    The recorder is not active in between: another request may come in the same thread. Files of the
    system are left alone, since a server may send them without Python: then the answer is
    ``False``. An object that only reads like a file may ask the database for its parts.
    """
    if isinstance(response, FileResponse) and _is_of_the_system(response.file_to_stream):
        return False
    wrap = _parts_async if response.is_async else _parts
    response.streaming_content = wrap(response.streaming_content, recorder, finish)
    return True


def _is_of_the_system(file: Any) -> bool:
    try:
        file.fileno()
    except Exception:
        return False
    return True


def record_closing(response: Any, recorder: Recorder, finish: Callable[[], None]) -> None:
    """Let ``recorder`` be active while the response is closed, and call ``finish`` after that.

    Generators end there, and signal handlers run that the server's thread owes the request.
    """
    close = response.close

    def close_recorded() -> None:
        response.close = close
        try:
            with Activation(recorder):
                close()
        finally:
            _end(finish)

    response.close = close_recorded


def _parts(parts: Any, recorder: Recorder, finish: Callable[[], None]) -> Iterator[Any]:
    iterator, activation = iter(parts), Activation(recorder)
    try:
        while True:
            with activation:
                part = next(iterator, _END)
            if part is _END:
                break
            yield part
    finally:
        _end(finish)


async def _parts_async(
    parts: Any, recorder: Recorder, finish: Callable[[], None]
) -> AsyncIterator[Any]:
    iterator, activation = aiter(parts), Activation(recorder)
    try:
        while True:
            with activation:
                part = await anext(iterator, _END)
            if part is _END:
                break
            yield part
    finally:
        if (aclose := getattr(iterator, "aclose", None)) is not None:
            with activation:
                await aclose()
        _end(finish)


class Activation:
    """A recorder that is active in its blocks and nowhere else.

    A recorder that the code of one block leaves active, as a ``capture()`` over several steps does,
    is active again in the next block.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._is_deep = recorder.usage is not None
        self._recorder: Recorder | None = recorder
        self._token: Token[Recorder | None] | None = None

    def __enter__(self) -> None:
        self._token = active.set(self._recorder)
        if self._is_deep:
            attribute_access.begin()

    def __exit__(self, *_: object) -> None:
        self._recorder = active.get()
        if self._token is not None:
            active.reset(self._token)
        if self._is_deep:
            attribute_access.end()


def _end(finish: Callable[[], None]) -> None:
    try:
        finish()
    except Exception as error:
        faults.report("keep the trace of a stream", error)


CODES = (_parts.__code__, _parts_async.__code__)
"""Frames outside of these are no callers: the server sends the parts that these make."""


# -- generators, between whose steps the thread works for their readers -----------------------

Around: TypeAlias = AbstractContextManager[None]
"""Entered anew for each step."""


def steps_within(
    whole: AbstractContextManager[Around], steps: Generator[Any, Any, Any]
) -> Generator[Any, Any, Any]:
    """Do as ``yield from steps``, all of it inside of ``whole`` and each step inside its value."""
    go_on: Callable[[], Any] = partial(next, steps)
    with whole as around:
        while True:
            with around:
                try:
                    part = go_on()
                except StopIteration as end:
                    return end.value
            try:
                go_on = partial(steps.send, (yield part))
            except GeneratorExit:
                with around:
                    steps.close()
                raise
            except BaseException as error:
                go_on = partial(steps.throw, error)


async def async_steps_within(
    whole: AbstractContextManager[Around], steps: AsyncGenerator[Any, Any]
) -> AsyncGenerator[Any, Any]:
    go_on: Callable[[], Any] = partial(anext, steps)
    with whole as around:
        while True:
            with around:
                try:
                    part = await go_on()
                except StopAsyncIteration:
                    return
            try:
                go_on = partial(steps.asend, (yield part))
            except GeneratorExit:
                with around:
                    await steps.aclose()
                raise
            except BaseException as error:
                go_on = partial(steps.athrow, error)
