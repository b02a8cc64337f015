"""Records each request as a trace. Sync and async; put it first in ``MIDDLEWARE``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from orm_insight.recording.handlers import note_middleware
from orm_insight.recording.requests import begin_request, finish_request, note_exception
from orm_insight.recording.setup import ensure_installed

GetResponse = Callable[[HttpRequest], Any]


class OrmInsightMiddleware:
    """Works as a middleware of either kind, as the handler around it asks."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        ensure_installed()
        note_middleware()
        got_request_exception.connect(note_exception, dispatch_uid="orm_insight_exception")
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._respond(request)
        recording = begin_request(request)
        response: HttpResponseBase | None = None
        try:
            response = self.get_response(request)
        finally:
            finish_request(recording, request, response)
        return response

    async def _respond(self, request: HttpRequest) -> HttpResponseBase:
        recording = begin_request(request)
        response: HttpResponseBase | None = None
        try:
            response = await self.get_response(request)
        finally:
            finish_request(recording, request, response)
        return response
