"""One request as a recording: when it begins, when it ends, and which ones are left out.

The middleware and the panel both come here; the outermost of them records, the other joins.
"""

from __future__ import annotations

import sys
from asyncio import CancelledError
from contextlib import suppress
from functools import partial
from typing import Any, Literal, TypeAlias

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, get_script_prefix, reverse

from orm_insight import faults
from orm_insight.capture.streaming import record_closing, record_stream
from orm_insight.conf import Config, get_config
from orm_insight.model.trace import Trace
from orm_insight.recording import control, policy, session
from orm_insight.recording.control import takes_deep
from orm_insight.recording.live import Recording, describe
from orm_insight.recording.policy import is_recording, is_sampled

ATTRIBUTE = "_orm_insight_recording"
_LEFT_OUT = "_orm_insight_left_out"
LeftOut: TypeAlias = Literal["disabled", "paused", "ignored", "on demand", "sampled", "over"]
"""The reason why a request is not recorded."""

_OWN_APPS = frozenset({"orm_insight", "djdt"})


def begin_request(request: HttpRequest, *, is_entry: bool = False) -> Recording | None:
    """Start to record, unless that is off, or somebody records this request already.

    ``is_entry`` where a server calls: no block is around a request unless it can be seen there.
    """
    try:
        if is_entry:
            session.leave_abandoned()
        around = recording_of(request)
        if around is not None:
            around.note_span()
            return None
        if left_out_of(request):
            return None
        control.follow()
        config, is_deep = get_config(), False
        reason = _unwanted(request, config)
        if reason is None and not (is_deep := takes_deep(request.path)):
            reason = _not_chosen(request, config)
        if reason is not None:
            # The panel inside of the middleware asks again, and must not draw again.
            setattr(request, _LEFT_OUT, reason)
            return None
        recording = session.start("request", f"{request.method} {request.path}", deep=is_deep)
        setattr(request, ATTRIBUTE, recording)
        return recording
    except Exception as error:
        faults.report("begin a trace", error)
        return None


def _unwanted(request: HttpRequest, config: Config) -> LeftOut | None:
    """The reason that nobody overrules."""
    if not is_recording():
        return "paused" if config.enabled else "disabled"
    return "ignored" if config.ignores(request.path) else None


def _not_chosen(request: HttpRequest, config: Config) -> LeftOut | None:
    """The reason that does not count for a request that somebody waits for."""
    if config.on_demand and not policy.is_asked_for(request):
        return "on demand"
    return None if is_sampled(request.path) else "sampled"


def finish_request(
    recording: Recording | None,
    request: HttpRequest,
    response: HttpResponseBase | None,
    *,
    closes: bool = False,
) -> Trace | None:
    """Stop, and keep the trace; requests of the toolbar and of our own pages are not kept.

    ``closes`` says that nobody changes the response any more: its ``close()`` is a part of the
    request, and the recording ends after it.
    """
    if recording is None:
        return None
    try:
        recording.deactivate()
        with suppress(AttributeError):
            delattr(request, ATTRIBUTE)
        if is_our_own(request):
            recording.end()
            return None
        make = partial(trace_of, recording, request, response)
        if response is None:
            # A thread may go on with a request that was given up, and come by once more.
            setattr(request, _LEFT_OUT, "over")
            return session.finish(recording, make, error=recording.error or _interruption())
        is_sent = not response.streaming
        trace = session.finish(recording, make, goes_on=closes or not is_sent, is_sent=is_sent)
        if trace is not None:
            _go_on(recording, response, closes=closes)
        return trace
    except Exception as error:
        recording.end()
        faults.report("keep a trace", error)
        return None


def _go_on(recording: Recording, response: HttpResponseBase, *, closes: bool) -> None:
    """Record how the response is sent and closed, as far as there is such a thing."""
    all_ends = partial(_end, recording, response)
    if response.streaming:
        stream_ends = partial(_keep_longer, recording) if closes else all_ends
        is_streamed = record_stream(response, recording.recorder, stream_ends)
        if not closes and not is_streamed:
            all_ends()
    if closes:
        record_closing(response, recording.recorder, all_ends)


def _keep_longer(recording: Recording) -> None:
    """Keep the trace again, with everything that was done while the response was sent."""
    recording.duration = None
    session.keep_now(recording)


def _end(recording: Recording, response: HttpResponseBase | None) -> None:
    is_stale = recording.kept != recording.progress
    if is_stale and response is not None and response.streaming:
        recording.duration = None
    session.end(recording)


def end_unclosed(recording: Recording, response: HttpResponseBase | None) -> None:
    """Let a request end whose server has given up sending, and never closes its response."""
    try:
        if not recording.recorder.is_over:
            recording.kept = ()
            _end(recording, response)
    except Exception as error:
        recording.end()
        faults.report("end a trace", error)


def _interruption() -> str | None:
    """The reason why there is no response: a server's timeout, a client that went away."""
    error = sys.exception()
    if isinstance(error, CancelledError):
        return "CancelledError: the client went away, or the server ended the request"
    return None if error is None else describe(error)


def trace_of(
    recording: Recording, request: HttpRequest, response: HttpResponseBase | None
) -> Trace:
    """The trace of the request until now; the recording may still be going on."""
    match = request.resolver_match
    return recording.trace(
        status=response.status_code if response is not None else None,
        method=request.method,
        path=request.path,
        view=None if match is None else match._func_path,
        # With its namespace, as ``reverse()`` takes it; of a URL without a name the view's path.
        url_name=None if match is None else match.view_name,
    )


def note_exception(*, request: HttpRequest | None = None, **_: Any) -> None:
    """Note the exception of a view, which Django has caught to make a response of it."""
    recording = recording_of(request) if request is not None else None
    error = sys.exception()
    if recording is not None and error is not None:
        recording.error = describe(error)


def recording_of(request: HttpRequest) -> Recording | None:
    """The recording that is going on for this request."""
    return getattr(request, ATTRIBUTE, None)


def left_out_of(request: HttpRequest) -> LeftOut | None:
    """The reason why this request is not recorded, once that is decided."""
    return getattr(request, _LEFT_OUT, None)


def is_our_own(request: HttpRequest) -> bool:
    """Return whether the toolbar or the dashboard answers; known once the view is resolved."""
    match = request.resolver_match
    if match is None:
        # Only here: looking up an address costs more than all the rest.
        return is_below_dashboard(request)
    return not _OWN_APPS.isdisjoint((*match.app_names, *match.namespaces))


# -- the place of the dashboard, seen from a request ----------------------------------------------

APP_NAME = "orm_insight"


def find_address(request: HttpRequest, name: str, *args: object) -> str | None:
    """``None`` where the addresses of this request, which may have its own, lack the dashboard."""
    urlconf = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    try:
        return reverse(f"{APP_NAME}:{name}", urlconf=urlconf, args=args)
    except NoReverseMatch:
        return None


def is_below_dashboard(request: HttpRequest) -> bool:
    """Return whether the address is one of the dashboard's, though maybe none that it knows."""
    try:
        base = find_address(request, "overview")
    except Exception:
        # URLs that cannot be loaded lead to no dashboard either. Django tells what is wrong.
        return False
    if base is None or base == get_script_prefix():
        # At the root, everything would be below it.
        return False
    return request.path.startswith(base) or f"{request.path}/" == base
