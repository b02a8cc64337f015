"""One request as a recording: when it begins, when it ends, and whether it is ours to show.

The middleware and the panel both come here; whichever is outermost records, the other joins.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from orm_insight.capture import faults, tracing
from orm_insight.capture.streams import record_stream
from orm_insight.capture.tracing import Recording
from orm_insight.conf import get_config
from orm_insight.insight import is_recording, keep, redaction, takes_deep
from orm_insight.model.trace import Trace

ATTRIBUTE = "_orm_insight_recording"
_OWN_APPS = frozenset({"orm_insight", "djdt"})


def begin_request(request: HttpRequest) -> Recording | None:
    """Start to record, unless that is off, or somebody records this request already."""
    try:
        if not is_recording() or hasattr(request, ATTRIBUTE):
            return None
        config = get_config()
        if config.ignores(request.path):
            return None
        recording = tracing.begin(
            "request",
            f"{request.method} {request.path}",
            limit=config.max_queries,
            redact=redaction(),
            deep=takes_deep(request.path),
        )
        setattr(request, ATTRIBUTE, recording)
        return recording
    except Exception as error:
        faults.report("begin a trace", error)
        return None


def finish_request(
    recording: Recording | None, request: HttpRequest, response: HttpResponseBase | None
) -> Trace | None:
    """Stop, and keep the trace; requests of the toolbar and of our own pages are not kept."""
    if recording is None:
        return None
    try:
        recording.deactivate()
        with suppress(AttributeError):
            delattr(request, ATTRIBUTE)
        if is_our_own(request):
            return None
        trace = trace_of(recording, request, response)
        is_unfinished = response is not None and response.streaming
        # What is read of the rows while they are sent is not known yet.
        keep(replace(trace, uses=None) if is_unfinished else trace)
        if response is not None and is_unfinished:
            finish = partial(_finish_stream, recording, request, response)
            record_stream(response, recording.recorder, finish)
        return trace
    except Exception as error:
        faults.report("keep a trace", error)
        return None


def _finish_stream(recording: Recording, request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep the trace again, with what was done while the response was sent."""
    recording.duration = None
    keep(trace_of(recording, request, response))


def trace_of(
    recording: Recording, request: HttpRequest, response: HttpResponseBase | None
) -> Trace:
    """What was recorded of the request until now; the recording may still be going on."""
    trace = recording.trace(
        status=response.status_code if response is not None else 500,
        method=request.method,
        path=request.path,
        view=_view_name(request),
    )
    return replace(trace, url_name=_url_name(request))


def note_exception(*, request: HttpRequest | None = None, **_: Any) -> None:
    """Django has caught what a view raised, and makes a response of it."""
    recording = recording_of(request) if request is not None else None
    error = sys.exception()
    if recording is not None and error is not None:
        recording.error = f"{type(error).__name__}: {error}"


def recording_of(request: HttpRequest) -> Recording | None:
    """The recording that is going on for this request."""
    return getattr(request, ATTRIBUTE, None)


def is_our_own(request: HttpRequest) -> bool:
    """Is it a page of the toolbar or of the dashboard? Known once the view has been found."""
    match = request.resolver_match
    return match is not None and not _OWN_APPS.isdisjoint((*match.app_names, *match.namespaces))


def _view_name(request: HttpRequest) -> str | None:
    match = request.resolver_match
    return None if match is None else match._func_path


def _url_name(request: HttpRequest) -> str | None:
    """With its namespace, as ``reverse()`` takes it; of a URL without a name the view's path."""
    match = request.resolver_match
    return None if match is None else match.view_name
