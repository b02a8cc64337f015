"""Records a request around all of its middleware, and what is done when its response is closed.

The middleware alone sees what is inside of it. The handler that calls it sees the others, and the
response as it is sent. Only handlers whose middleware includes ours record. Where sending fails
under ASGI, Django closes no response: then the end of the handler's work is the end of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest

from orm_insight import response_headers
from orm_insight.requests import begin_request, end_unclosed, finish_request

_handlers: Any = BaseHandler
_asgi: Any = ASGIHandler
_NAMES = ("load_middleware", "get_response", "get_response_async")
_originals: dict[str, Callable[..., Any]] = {}
_RECORDS = "_orm_insight_records"
_loaded: list[None] = []
_unclosed: ContextVar[list[Callable[[], None]]] = ContextVar("orm_insight_unclosed")
"""What ends the requests that the running call of an ASGI handler has begun."""


def install() -> None:
    if _originals:
        return
    _originals.update((name, getattr(_handlers, name)) for name in _NAMES)
    wrappers = (_load_middleware, _get_response, _get_response_async)
    for name, wrapper in zip(_NAMES, wrappers, strict=True):
        setattr(_handlers, name, wraps(_originals[name])(wrapper))
    _originals["handle"] = _asgi.handle
    _asgi.handle = wraps(_asgi.handle)(_handle)


def uninstall() -> None:
    for name, original in _originals.items():
        owner = _asgi if name == "handle" else _handlers
        if getattr(getattr(owner, name), "__wrapped__", None) is original:
            setattr(owner, name, original)
    _originals.clear()


def note_middleware() -> None:
    """Our middleware has just become part of the handler that loads its own."""
    _loaded.append(None)


def _load_middleware(handler: Any, *args: Any, **kwargs: Any) -> Any:
    before = len(_loaded)
    result = _originals["load_middleware"](handler, *args, **kwargs)
    setattr(handler, _RECORDS, len(_loaded) > before)
    return result


def _get_response(handler: Any, request: HttpRequest) -> Any:
    respond = _originals["get_response"]
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


async def _get_response_async(handler: Any, request: HttpRequest) -> Any:
    respond = _originals["get_response_async"]
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


async def _handle(handler: Any, *args: Any, **kwargs: Any) -> Any:
    unclosed: list[Callable[[], None]] = []
    token = _unclosed.set(unclosed)
    try:
        return await _originals["handle"](handler, *args, **kwargs)
    finally:
        _unclosed.reset(token)
        for end in unclosed:
            end()
