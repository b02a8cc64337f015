"""Records what a streaming response does while it is sent, long after the view has returned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import FileResponse

from orm_insight.capture import access, faults
from orm_insight.capture.active import active
from orm_insight.capture.recorder import Recorder

_END = object()


def record_stream(response: Any, recorder: Recorder, finish: Callable[[], None]) -> bool:
    """Let ``recorder`` be active whenever the next part is made, and call ``finish`` at the end.

    The recorder is active in between for nobody else: another request may come in the same thread.
    Files of the system are left alone, a server may send them without Python: then the answer is
    ``False``. What only reads like a file may ask the database for its parts.
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
    """Let ``recorder`` be active while the response is closed, and call ``finish`` behind that.

    Generators end there, and signal handlers run that the server's thread owes the request.
    """
    close = response.close

    def close_recorded() -> None:
        response.close = close
        try:
            with activated(recorder):
                close()
        finally:
            _end(finish)

    response.close = close_recorded


def _parts(parts: Any, recorder: Recorder, finish: Callable[[], None]) -> Iterator[Any]:
    iterator = iter(parts)
    try:
        while True:
            with activated(recorder):
                part = next(iterator, _END)
            if part is _END:
                break
            yield part
    finally:
        _end(finish)


async def _parts_async(
    parts: Any, recorder: Recorder, finish: Callable[[], None]
) -> AsyncIterator[Any]:
    iterator = aiter(parts)
    try:
        while True:
            with activated(recorder):
                part = await anext(iterator, _END)
            if part is _END:
                break
            yield part
    finally:
        if (aclose := getattr(iterator, "aclose", None)) is not None:
            with activated(recorder):
                await aclose()
        _end(finish)


@contextmanager
def activated(recorder: Recorder) -> Iterator[None]:
    token = active.set(recorder)
    if recorder.usage is not None:
        access.begin()
    try:
        yield
    finally:
        active.reset(token)
        if recorder.usage is not None:
            access.end()


def _end(finish: Callable[[], None]) -> None:
    try:
        finish()
    except Exception as error:
        faults.report("keep the trace of a stream", error)


CODES = (_parts.__code__, _parts_async.__code__)
"""What is outside of these is no caller: the server sends what they make."""
