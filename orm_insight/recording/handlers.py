"""Records a request around all of its middleware, and what is done when its response is closed.

The middleware alone sees the part inside of it. The handler that calls it sees the rest, and the
response as it is sent. Only handlers whose middleware includes ours record. Django closes no
response that it fails to send under ASGI: then the request ends with the handler's work.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from orm_insight.imports import late
from orm_insight.patching import Patches

if TYPE_CHECKING:
    from django.core.handlers import asgi, base, wsgi

    from orm_insight.recording import requests, response_headers
else:
    asgi = late("django.core.handlers.asgi")
    base = late("django.core.handlers.base")
    wsgi = late("django.core.handlers.wsgi")
    requests = late("orm_insight.recording.requests")
    response_headers = late("orm_insight.recording.response_headers")


_patches = Patches()
_RECORDS = "_orm_insight_records"
_loaded: list[None] = []
_unclosed: ContextVar[list[Callable[[], None]]] = ContextVar("orm_insight_unclosed")
"""The functions that end the requests which the running call of an ASGI handler has begun."""


def install() -> None:
    """A second call changes nothing."""
    _patches.replace(base.BaseHandler, "load_middleware", _noting_middleware)
    _patches.replace(base.BaseHandler, "get_response", _recording)
    _patches.replace(base.BaseHandler, "get_response_async", _recording_async)


def install_asgi() -> None:
    """Watch the handler for ASGI, which a process without such a server never imports."""
    _patches.replace(asgi.ASGIHandler, "handle", _ending_unclosed)


uninstall = _patches.undo


def note_middleware() -> None:
    """Note that our middleware has just become part of the handler that loads its own."""
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
        recording = requests.begin_request(request, is_entry=isinstance(handler, wsgi.WSGIHandler))
        response = None
        try:
            response = respond(handler, request)
            response_headers.add(recording, request, response)
        finally:
            requests.finish_request(recording, request, response, closes=True)
        return response

    return get_response


def _recording_async(respond: Callable[..., Any]) -> Callable[..., Any]:
    async def get_response_async(handler: Any, request: HttpRequest) -> Any:
        if not getattr(handler, _RECORDS, False):
            return await respond(handler, request)
        recording = requests.begin_request(request)
        response = None
        try:
            answer = await respond(handler, request)
            # A client that goes away meanwhile gets no response.
            await response_headers.add_async(recording, request, answer)
            response = answer
        finally:
            requests.finish_request(recording, request, response, closes=True)
            if recording is not None and (unclosed := _unclosed.get(None)) is not None:
                unclosed.append(partial(requests.end_unclosed, recording, response))
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
