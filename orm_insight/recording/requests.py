"""One request as a recording: when it begins, when it ends, and whether it is ours to show.

The middleware and the panel both come here; whichever is outermost records, the other joins.
"""

from __future__ import annotations

import sys
from asyncio import CancelledError
from contextlib import suppress
from dataclasses import replace
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
from orm_insight.pipeline import keep
from orm_insight.recording import control, detached, policy, session
from orm_insight.recording.control import takes_deep
from orm_insight.recording.policy import is_recording, is_sampled, redaction
from orm_insight.recording.session import Recording, describe

ATTRIBUTE = "_orm_insight_recording"
_LEFT_OUT = "_orm_insight_left_out"
LeftOut: TypeAlias = Literal["disabled", "paused", "ignored", "on demand", "sampled", "over"]
"""Why a request is not recorded."""

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
        recording = detached.prepare(
            session.begin(
                "request",
                f"{request.method} {request.path}",
                limit=config.max_queries,
                detailed=config.max_detailed_queries,
                redact=redaction(),
                deep=is_deep,
            )
        )
        setattr(request, ATTRIBUTE, recording)
        return recording
    except Exception as error:
        faults.report("begin a trace", error)
        return None


def _unwanted(request: HttpRequest, config: Config) -> LeftOut | None:
    """What nobody overrules."""
    if not is_recording():
        return "paused" if config.enabled else "disabled"
    return "ignored" if config.ignores(request.path) else None


def _not_chosen(request: HttpRequest, config: Config) -> LeftOut | None:
    """What does not hold for a request that somebody waits for."""
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

    ``closes`` says that nobody changes the response any more: what its ``close()`` does is a part
    of the request, and the recording ends behind it.
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
        if response is None:
            recording.error = recording.error or _interruption()
            # A thread may go on with a request that was given up, and come by once more.
            setattr(request, _LEFT_OUT, "over")
        trace = trace_of(recording, request, response)
        is_unfinished = response is not None and response.streaming
        # What is read of the rows while they are sent is not known yet.
        keep(replace(trace, uses=None) if is_unfinished else trace)
        _go_on(_Sending(recording, request, response, _done(recording)), closes=closes)
        return trace
    except Exception as error:
        recording.end()
        faults.report("keep a trace", error)
        return None


def _go_on(sending: _Sending, *, closes: bool) -> None:
    """Record how the response is sent and closed, as far as there is such a thing."""
    response = sending.response
    if response is None:
        sending.all_ends()
        return
    is_streamed = False
    if response.streaming:
        ends = sending.stream_ends if closes else sending.all_ends
        is_streamed = record_stream(response, sending.recording.recorder, ends)
    if closes:
        record_closing(response, sending.recording.recorder, sending.all_ends)
    elif not is_streamed:
        sending.all_ends()


class _Sending:
    """A response on its way, and how much of its trace is kept already."""

    def __init__(
        self,
        recording: Recording,
        request: HttpRequest,
        response: HttpResponseBase | None,
        kept: tuple[int, ...],
    ) -> None:
        self.recording = recording
        self.request = request
        self.response = response
        self.kept = kept

    def stream_ends(self) -> None:
        """Keep the trace again, with what was done while the response was sent."""
        self.recording.duration = None
        self._keep()

    def all_ends(self) -> None:
        """Let the recording end, and keep it once more if anything was done since."""
        make = partial(trace_of, self.recording, self.request, self.response)
        detached.end(self.recording, make)
        if self.response is not None and self.response.streaming and self._is_fresh():
            self.stream_ends()
        elif self.kept != _done(self.recording):
            self._keep()

    def _is_fresh(self) -> bool:
        return self.recording.recorder.usage is not None or self.kept != _done(self.recording)

    def _keep(self) -> None:
        self.kept = _done(self.recording)
        keep(trace_of(self.recording, self.request, self.response))


def end_unclosed(
    recording: Recording, request: HttpRequest, response: HttpResponseBase | None
) -> None:
    """Let a request end whose server has given up sending, and never closes its response."""
    try:
        if not recording.recorder.is_over:
            _Sending(recording, request, response, ()).all_ends()
    except Exception as error:
        recording.end()
        faults.report("end a trace", error)


def _done(recording: Recording) -> tuple[int, ...]:
    """Changes with everything that is recorded."""
    recorder = recording.recorder
    return len(recorder.queries), recorder.dropped, len(recorder.transactions)


def _interruption() -> str | None:
    """Why there is no response: a server's timeout, a client that went away."""
    error = sys.exception()
    if isinstance(error, CancelledError):
        return "CancelledError: the client went away, or the server ended the request"
    return None if error is None else describe(error)


def trace_of(
    recording: Recording, request: HttpRequest, response: HttpResponseBase | None
) -> Trace:
    """What was recorded of the request until now; the recording may still be going on."""
    trace = recording.trace(
        status=response.status_code if response is not None else None,
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
        recording.error = describe(error)


def recording_of(request: HttpRequest) -> Recording | None:
    """The recording that is going on for this request."""
    return getattr(request, ATTRIBUTE, None)


def left_out_of(request: HttpRequest) -> LeftOut | None:
    """Why it was decided that this request is not recorded."""
    return getattr(request, _LEFT_OUT, None)


def is_our_own(request: HttpRequest) -> bool:
    """Is it a page of the toolbar or of the dashboard? Known once the view has been looked for."""
    match = request.resolver_match
    if match is None:
        # Only here: to look up an address costs more than all the rest.
        return is_below_dashboard(request)
    return not _OWN_APPS.isdisjoint((*match.app_names, *match.namespaces))


def _view_name(request: HttpRequest) -> str | None:
    match = request.resolver_match
    return None if match is None else match._func_path


def _url_name(request: HttpRequest) -> str | None:
    """With its namespace, as ``reverse()`` takes it; of a URL without a name the view's path."""
    match = request.resolver_match
    return None if match is None else match.view_name


# Where the dashboard is, seen from a request: below the prefix that the user chose, or nowhere.

APP_NAME = "orm_insight"


def find_address(request: HttpRequest, name: str, *args: object) -> str | None:
    """``None`` where the addresses of this request, which may have its own, lack the dashboard."""
    urlconf = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    try:
        return reverse(f"{APP_NAME}:{name}", urlconf=urlconf, args=args)
    except NoReverseMatch:
        return None


def is_below_dashboard(request: HttpRequest) -> bool:
    """Is the address one of the dashboard's, though maybe none that it knows?"""
    try:
        base = find_address(request, "overview")
    except Exception:
        # URLs that cannot be loaded lead to no dashboard either. Django tells what is wrong.
        return False
    if base is None or base == get_script_prefix():
        # At the root, everything would be below it.
        return False
    return request.path.startswith(base) or f"{request.path}/" == base
