"""Records a request around all of its middleware, and what is done when its response is closed.

The middleware alone sees what is inside of it. The handler that calls it sees the others, and the
response as it is sent. Only handlers whose middleware includes ours record. Where sending fails
under ASGI, Django closes no response: then the end of the handler's work is the end of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest

from orm_insight import response_headers
from orm_insight.patching import Patches
from orm_insight.requests import begin_request, end_unclosed, finish_request

_RECORDS = "_orm_insight_records"
_loaded: list[None] = []
_unclosed: ContextVar[list[Callable[[], None]]] = ContextVar("orm_insight_unclosed")
"""What ends the requests that the running call of an ASGI handler has begun."""


def note_middleware() -> None:
    """Our middleware has just become part of the handler that loads its own."""
    _loaded.append(None)


def _noting_middleware(original: Callable[..., Any]) -> Callable[..., Any]:
    def load_middleware(handler: Any, *args: Any, **kwargs: Any) -> Any:
        before = len(_loaded)
        result = original(handler, *args, **kwargs)
        setattr(handler, _RECORDS, len(_loaded) > before)
        return result

    return load_middleware


def _recording(respond: Callable[..., Any]) -> Callable[..., Any]:
    def get_response(handler: Any, request: HttpRequest) -> Any:
        if not getattr(handler, _RECORDS, False):
            return respond(handler, request)
        recording = begin_request(request, is_entry=isinstance(handler, WSGIHandler))
        response = None
        try:
            response = respond(handler, request)
            response_headers.add(recording, request, response)
        finally:
            finish_request(recording, request, response, closes=True)
        return response

    return get_response


def _recording_async(respond: Callable[..., Any]) -> Callable[..., Any]:
    async def get_response_async(handler: Any, request: HttpRequest) -> Any:
        if not getattr(handler, _RECORDS, False):
            return await respond(handler, request)
        recording = begin_request(request)
        response = None
        try:
            answer = await respond(handler, request)
            # A client that goes away meanwhile gets no response.
            await response_headers.add_async(recording, request, answer)
            response = answer
        finally:
            finish_request(recording, request, response, closes=True)
            if recording is not None and (unclosed := _unclosed.get(None)) is not None:
                unclosed.append(partial(end_unclosed, recording, request, response))
        return response

    return get_response_async


def _ending_unclosed(original: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(handler: Any, *args: Any, **kwargs: Any) -> Any:
        unclosed: list[Callable[[], None]] = []
        token = _unclosed.set(unclosed)
        try:
            return await original(handler, *args, **kwargs)
        finally:
            _unclosed.reset(token)
            for end in unclosed:
                end()

    return handle


_patches = Patches(
    (BaseHandler, "load_middleware", _noting_middleware),
    (BaseHandler, "get_response", _recording),
    (BaseHandler, "get_response_async", _recording_async),
    (ASGIHandler, "handle", _ending_unclosed),
)
install, uninstall = _patches.install, _patches.undo
