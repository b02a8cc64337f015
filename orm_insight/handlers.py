"""Records a request around all of its middleware, and what is done when its response is closed.

The middleware alone sees what is inside of it. The handler that calls it sees the others, and the
response as it is sent. Only handlers whose middleware includes ours record.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.handlers.base import BaseHandler
from django.http import HttpRequest

from orm_insight.requests import begin_request, finish_request

_handlers: Any = BaseHandler
_NAMES = ("load_middleware", "get_response", "get_response_async")
_originals: dict[str, Callable[..., Any]] = {}
_RECORDS = "_orm_insight_records"
_loaded: list[None] = []


def install() -> None:
    if _originals:
        return
    _originals.update((name, getattr(_handlers, name)) for name in _NAMES)
    wrappers = (_load_middleware, _get_response, _get_response_async)
    for name, wrapper in zip(_NAMES, wrappers, strict=True):
        setattr(_handlers, name, wraps(_originals[name])(wrapper))


def uninstall() -> None:
    for name, original in _originals.items():
        if getattr(getattr(_handlers, name), "__wrapped__", None) is original:
            setattr(_handlers, name, original)
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
    recording = begin_request(request)
    response = None
    try:
        response = respond(handler, request)
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
        response = await respond(handler, request)
    finally:
        finish_request(recording, request, response, closes=True)
    return response
