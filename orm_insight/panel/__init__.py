"""The Debug Toolbar panel: the queries of this page, and hints.

No other package imports the toolbar. Its store gets a few numbers and a trace id; the content is
made from our ring buffer when the panel is opened. Nothing here raises into the toolbar.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Token
from inspect import isawaitable
from typing import Any

from debug_toolbar.panels import Panel
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.urls import URLPattern, path

from orm_insight import insight
from orm_insight.capture.active import active
from orm_insight.capture.recorder import Recorder
from orm_insight.model.trace import Trace
from orm_insight.panel.guard import guarded
from orm_insight.panel.pages import FAILED, explain, left_out_page, trace_page
from orm_insight.recording.live import Recording
from orm_insight.recording.requests import (
    begin_request,
    finish_request,
    is_our_own,
    left_out_of,
    recording_of,
    trace_of,
)
from orm_insight.reports.report import Report
from orm_insight.ui.format import counted, duration, queries


class OrmInsightPanel(Panel):
    """``"orm_insight.panel.OrmInsightPanel"`` in ``DEBUG_TOOLBAR_PANELS``."""

    is_async = True
    nav_title = "ORM insight"
    nav_icon = "orm_insight/img/panel.svg"

    def __init__(self, toolbar: Any, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(toolbar, get_response)
        self._own: Recording | None = None
        self._recording: Recording | None = None
        self._trace: Trace | None = None
        self._resting: Token[Recorder | None] | None = None
        if toolbar.request is not None and self.enabled:
            self._rest()

    # -- recording ----------------------------------------------------------------------------
    # The toolbar's own work is not recorded: it creates its entry in the store after __init__
    # and before enable_instrumentation(); it fills the entry and renders itself between
    # disable_instrumentation() and get_headers().

    def enable_instrumentation(self) -> None:
        self._resume()

    def process_request(self, request: HttpRequest) -> HttpResponseBase | Awaitable[Any]:
        """Record the request, unless the middleware around the toolbar does."""
        self._begin(request)
        response = None
        is_pending = False
        try:
            response = super().process_request(request)
            is_pending = isawaitable(response)
        finally:
            if not is_pending:
                self._finish(request, response)
        return self._finish_later(request, response) if is_pending else response

    async def _finish_later(
        self, request: HttpRequest, pending: Awaitable[HttpResponseBase]
    ) -> HttpResponseBase:
        response = None
        try:
            response = await pending
        finally:
            self._finish(request, response)
        return response

    def disable_instrumentation(self) -> None:
        self._rest()

    def get_headers(self, request: HttpRequest) -> dict[str, str]:
        self._resume()
        headers: dict[str, str] = super().get_headers(request)
        return headers

    @guarded("begin a trace in the toolbar")
    def _begin(self, request: HttpRequest) -> None:
        self._own = begin_request(request)
        self._recording = self._own or recording_of(request)

    @guarded("finish a trace in the toolbar")
    def _finish(self, request: HttpRequest, response: HttpResponseBase | None) -> None:
        self._trace = finish_request(self._own, request, response)

    @guarded("rest while the toolbar works")
    def _rest(self) -> None:
        if self._resting is None:
            self._resting = active.set(None)

    @guarded("go on after the toolbar")
    def _resume(self) -> None:
        if self._resting is not None:
            token, self._resting = self._resting, None
            active.reset(token)

    # -- the summary ---------------------------------------------------------------

    def generate_stats(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Store statistics in any case: without them, toolbar 6 fails to show the panel."""
        self._keep(self._summary(request, response) or no_trace(left_out_of(request)))

    @guarded("summarise a trace for the toolbar")
    def _summary(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> Mapping[str, Any] | None:
        """The summary. A trace of the middleware around the toolbar is not finished yet."""
        if self._trace is None and self._recording is not None and not is_our_own(request):
            self._trace = trace_of(self._recording, request, response)
        return None if self._trace is None else summarise(self._trace)

    @guarded("leave a summary with the toolbar")
    def _keep(self, stats: Mapping[str, Any]) -> None:
        self.record_stats(stats)

    @guarded("tell the time in the database")
    def generate_server_timing(self, request: HttpRequest, response: HttpResponseBase) -> None:
        stats = self.get_stats()
        if stats.get("trace_id"):
            found = f"{stats['queries']} queries, {stats['hints']} hints"
            self.record_server_timing("queries", found, round(stats["query_ms"], 2))

    # -- the content ------------------------------------------------------------------------

    @property
    @guarded("name a trace in the toolbar", otherwise="")
    def nav_subtitle(self) -> str:
        return headline(self.get_stats())

    @property
    @guarded("name a trace in the toolbar", otherwise="ORM insight")
    def title(self) -> str:
        return title(self.get_stats())

    @property
    @guarded("show a trace in the toolbar", otherwise=FAILED)
    def content(self) -> str:
        """The trace from the ring buffer, where it is only after the request has ended."""
        stats = self.get_stats()
        trace_id = stats.get("trace_id")
        if reason := stats.get("left_out"):
            return left_out_page(reason)
        return trace_page(trace_id, self._trace or insight.trace(trace_id or ""))

    @property
    @guarded("add a script to the toolbar", otherwise=())
    def scripts(self) -> Sequence[str]:
        return [*super().scripts, static("orm_insight/js/panel.js")]

    @classmethod
    def get_urls(cls) -> list[URLPattern]:
        return [path("orm_insight/queries/<int:index>/", explain, name="orm_insight_explain")]


# The summary of a trace that the toolbar stores, and shows before the panel is opened.


def no_trace(left_out: str | None) -> dict[str, Any]:
    """The summary of a request without a trace, with the reason if it is known."""
    return {"trace_id": None} if left_out is None else {"trace_id": None, "left_out": left_out}


def summarise(trace: Trace) -> dict[str, Any]:
    """The summary as JSON values, small however many queries there are."""
    report = insight.report_of(trace)
    return {
        "trace_id": trace.id,
        "queries": report.query_count,
        "query_ms": report.query_ms,
        **(_findings(report) or {"lines": 0, "hints": 0}),
    }


@guarded("analyse a trace for the toolbar")
def _findings(report: Report) -> dict[str, int]:
    lines = {group.site for group in report.groups}
    return {"lines": len(lines), "hints": len(report.hints)}


def headline(stats: Mapping[str, Any]) -> str:
    """``21 queries · 1 hint``; without a hint the time in the database instead."""
    if not stats.get("trace_id"):
        return "not recorded"
    if not stats["queries"]:
        return "no queries"
    rest = counted(stats["hints"], "hint") if stats["hints"] else duration(stats["query_ms"])
    return f"{queries(stats['queries'])} · {rest}"


def title(stats: Mapping[str, Any]) -> str:
    """``21 queries from 2 lines of code``."""
    if not stats.get("trace_id"):
        return "Queries by line of code"
    if not stats["queries"]:
        return "No queries"
    lines = counted(stats["lines"], "line")
    return f"{queries(stats['queries'])} from {lines} of code"
