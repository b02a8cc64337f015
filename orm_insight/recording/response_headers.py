"""Leads from a response to its trace: ``Server-Timing`` and ``Link``, for those who may see it.

They are added after all middleware, so that no cache of Django's keeps them for others. Nothing
here asks the database, and no failure reaches the request.
"""

from __future__ import annotations

import re
from operator import itemgetter

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from orm_insight import faults
from orm_insight.capture.active import paused
from orm_insight.capture.recorder import RawQuery, Recorder
from orm_insight.conf import access, get_config
from orm_insight.pipeline import is_below_limit
from orm_insight.recording.live import Recording
from orm_insight.recording.policy import is_asked_for
from orm_insight.recording.requests import find_address, is_our_own

_STEP = "add headers to a response"
_duration_of = itemgetter(RawQuery._fields.index("duration"))
_DIRECTIVE = re.compile(r"[a-z-]+(?=\s*(?:[=,;]|$))")
_NOT_SHARED = frozenset({"private", "no-store"})
_SHARED = frozenset({"public", "max-age", "s-maxage"})


def add(
    recording: Recording | None, request: HttpRequest, response: HttpResponseBase | None
) -> None:
    """Add the headers to a recorded request's response, which nobody changes any more."""
    try:
        if recording is not None and response is not None and _is_wanted(request, response):
            recording.deactivate()
            with paused():
                if _may_see(request, access.may_see_at_once(request)):
                    _add(recording, request, response)
    except Exception as error:
        faults.report(_STEP, error)


async def add_async(
    recording: Recording | None, request: HttpRequest, response: HttpResponseBase | None
) -> None:
    """Add them where an event loop must not wait."""
    try:
        if recording is not None and response is not None and _is_wanted(request, response):
            recording.deactivate()
            with paused():
                if _may_see(request, await access.may_see_at_once_async(request)):
                    _add(recording, request, response)
    except Exception as error:
        faults.report(_STEP, error)


def _is_wanted(request: HttpRequest, response: HttpResponseBase) -> bool:
    if not get_config().response_headers or is_our_own(request):
        return False
    return settings.DEBUG or not _is_shared(response)


def _is_shared(response: HttpResponseBase) -> bool:
    """Return whether a cache may give the response to others (RFC 9111, section 3)."""
    directives = set(_DIRECTIVE.findall(response.headers.get("Cache-Control", "").lower()))
    if directives & _NOT_SHARED:
        return False
    return bool(directives & _SHARED) or "Expires" in response.headers


def _may_see(request: HttpRequest, answer: bool | None) -> bool:  # noqa: FBT001  # from the rule
    """Take the cookie that a permitted person got as proof where only a query could tell."""
    return is_asked_for(request) if answer is None else answer


def _add(recording: Recording, request: HttpRequest, response: HttpResponseBase) -> None:
    timing = _timing(recording, is_all=not response.streaming)
    link = None if _is_dropped(recording, response) else _link(recording, request)
    _append(response, "Server-Timing", timing)
    if link is not None:
        _append(response, "Link", link)


def _timing(recording: Recording, *, is_all: bool) -> str:
    recorder = recording.recorder
    count = len(recorder.queries) + recorder.dropped
    found = f"{count} {'query' if count == 1 else 'queries'}{'' if is_all else ' so far'}"
    total = (recording.duration or 0.0) * 1e3
    return f'orm;dur={_database_ms(recorder):.2f};desc="{found}", orm-total;dur={total:.2f}'


def _database_ms(recorder: Recorder) -> float:
    """The time in the database, summed from copies: a thread may still add to the recorder."""
    kept: float = sum(map(_duration_of, tuple(recorder.queries)))
    return (kept + sum(duration for _, duration in tuple(recorder.overflow.values()))) * 1e3


def _is_dropped(recording: Recording, response: HttpResponseBase) -> bool:
    """Return whether no page will show it; the duration of a stream is not known yet."""
    duration_ms = (recording.duration or 0.0) * 1e3
    is_deep = recording.recorder.usage is not None
    return not response.streaming and is_below_limit(recording.kind, duration_ms, is_deep=is_deep)


def _link(recording: Recording, request: HttpRequest) -> str | None:
    address = find_address(request, "trace", recording.id)
    return address and f'<{address}>; rel="describedby"; title="ORM insight"'


def _append(response: HttpResponseBase, name: str, value: str) -> None:
    before = response.headers.get(name)
    response.headers[name] = f"{before}, {value}" if before else value
