"""Views of the dashboard. Each reads the request, asks ``insight`` and picks a page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_POST, require_safe

from orm_insight import insight
from orm_insight.dashboard import access, assets
from orm_insight.dashboard.links import TraceLinks, address
from orm_insight.dashboard.overview import overview as make_overview
from orm_insight.dashboard.overview import overview_json, overview_page
from orm_insight.dashboard.problems import problems_json, problems_page
from orm_insight.dashboard.rankings import ranking_page
from orm_insight.dashboard.responses import (
    answer,
    answer_json,
    gone,
    is_fragment,
    no_trace,
    of_report,
    refused,
    see,
    shell_of,
    unchanged,
    wants_json,
)
from orm_insight.dashboard.state import version_of
from orm_insight.dashboard.trace import TracePages, trace_json
from orm_insight.dashboard.trace_filters import TraceFilters
from orm_insight.dashboard.traces import list_json, list_page, trace_table
from orm_insight.explain.base import Outcome
from orm_insight.explain.runner import Cancellation, cancel, cancellable
from orm_insight.explain.serialization import explanation_to_dict
from orm_insight.recording import policy
from orm_insight.recording.control import StoreSilentError
from orm_insight.reports.report import Report
from orm_insight.ui.format import queries as counted_queries
from orm_insight.ui.overview import KeysFragment, KeysPage
from orm_insight.ui.pages import ExplainFragment, GroupsFragment, QueriesFragment, QueryFragment

# Status codes for JSON clients; a page with the message always has 200.
_JSON_STATUS = {Outcome.EXPLAINED: 200, Outcome.UNAVAILABLE: 424}
_NOT_EXPLAINED = 422
_SILENT = 503


@access.page
@require_safe
def traces(request: HttpRequest) -> HttpResponse:
    asked = TraceFilters.of(request.GET)
    if wants_json(request):
        return answer_json(list_json(asked))
    if is_fragment(request):
        listed = insight.listed()
        if request.GET.get("known") == version_of(listed):
            return unchanged()
        return answer(trace_table(request, asked, listed))
    return answer(list_page(request, asked))


@access.page
@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return answer_json(problems_json())
    return answer(problems_page(request))


@access.page
@require_safe
@of_report
def trace(request: HttpRequest, report: Report) -> HttpResponse:
    if wants_json(request):
        return answer_json(trace_json(report))
    return answer(TracePages(request, report).trace())


@access.page
@require_safe
@of_report
def groups(request: HttpRequest, report: Report) -> HttpResponse:
    pages, offset = TracePages(request, report), _number(request, "offset") or 0
    if is_fragment(request):
        return answer(GroupsFragment(groups=pages.groups(offset=offset)))
    return answer(pages.groups_page(offset=offset))


@access.page
@require_safe
@of_report
def queries(request: HttpRequest, report: Report) -> HttpResponse:
    pages = TracePages(request, report)
    hint, group = _from_one(request, "hint"), _from_one(request, "group")
    chosen = pages.queries(hint=hint, group=group, offset=_number(request, "offset") or 0)
    if chosen is None:
        return _no_part(request, pages, "hint" if hint is not None else "group")
    if is_fragment(request):
        return answer(QueriesFragment(queries=chosen))
    return answer(pages.queries_page(chosen, hint=hint, group=group))


@access.page
@require_safe
@of_report
def query(request: HttpRequest, report: Report, index: int) -> HttpResponse:
    if index >= len(report.queries):
        return _no_query(request, report, index)
    pages, found = TracePages(request, report), report.queries[index]
    if is_fragment(request):
        detail = pages.detail(found, get_token(request))
        return answer(QueryFragment(query=detail, result=pages.made(found)))
    return answer(pages.query_page(found))


@access.page
@require_POST
@of_report
def explain(request: HttpRequest, report: Report, index: int) -> HttpResponse:
    if index >= len(report.queries):
        return _no_query(request, report, index)
    if "cancel" in request.POST:
        return _cancel(request, report.trace.id, index)
    analyze, try_index = request.POST.get("analyze") == "1", request.POST.get("try") or None
    key = (report.trace.id, index)
    run = partial(insight.explain, *key, analyze=analyze, try_index=try_index)
    explanation = while_connected(request, key, run)
    if explanation is None:
        return no_trace(request)
    if wants_json(request):
        status = _JSON_STATUS.get(explanation.outcome, _NOT_EXPLAINED)
        return answer_json(explanation_to_dict(explanation), status=status)
    pages = TracePages(request, report)
    if is_fragment(request):
        return answer(ExplainFragment(result=pages.result(explanation)))
    return answer(pages.query_page(report.queries[index], explanation))


@access.page
@require_POST
@of_report
def deep(request: HttpRequest, report: Report) -> HttpResponse:
    """Make the next request of this trace's path a deep recording, or with ``forget`` cancel it."""
    if report.trace.path is None:
        return no_trace(request)
    change = insight.forget_deep if "forget" in request.POST else insight.record_deep_next
    url = f"{TraceLinks(report.trace.id).trace()}#depth"
    return _changed(request, partial(change, report.trace.path), url)


@access.page
@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    return _changed(request, insight.clear)


@access.page
@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    return _changed(request, partial(insight.pause, by=access.name_of(request)))


@access.page
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    return _changed(request, partial(insight.resume, by=access.name_of(request)))


@access.page
@require_POST
def record_me(request: HttpRequest) -> HttpResponse:
    """Opt this browser in with ``ON_DEMAND``, or with ``stop`` out again."""
    response = see(address("traces"))
    if "stop" in request.POST:
        policy.ask_no_longer(response)
    else:
        policy.ask(request, response)
    return response


@access.gated
@require_safe
def asset(request: HttpRequest, version: str, name: str = "") -> HttpResponse:
    content = assets.files().get(name)
    if content is None:
        return gone(request, "No such file", "There is no such file.")
    lasting = "private, max-age=31536000, immutable" if version == assets.version() else "no-cache"
    return HttpResponse(
        content,
        content_type=assets.content_type(name),
        headers={"Cache-Control": lasting, "X-Content-Type-Options": "nosniff"},
    )


def _changed(request: HttpRequest, change: Callable[[], None], url: str = "") -> HttpResponse:
    """Redirect to a page that shows the change, unless the store has not accepted it."""
    try:
        change()
    except StoreSilentError as error:
        return refused(request, "Nothing was changed", str(error), status=_SILENT)
    return see(url or address("traces"))


def _cancel(request: HttpRequest, trace_id: str, index: int) -> HttpResponse:
    """Cancel the EXPLAIN of this query in this process, from any page."""
    was_running = cancel((trace_id, index))
    if wants_json(request) or is_fragment(request):
        return answer_json({"cancelled": was_running})
    return see(TraceLinks(trace_id).query(index))


def _no_query(request: HttpRequest, report: Report, index: int) -> HttpResponse:
    kept = len(report.queries)
    has = f"It has {counted_queries(kept)}" + (f", 0 to {kept - 1}" if kept > 1 else "")
    dropped = f"; {report.trace.dropped:,} more were not kept" if report.trace.dropped else ""
    return gone(request, "No such query", f"This trace has no query {index}. {has}{dropped}.")


def _no_part(request: HttpRequest, pages: TracePages, what: str) -> HttpResponse:
    title, message = f"No such {what}", f"This trace has no {what} with this number."
    if is_fragment(request) or wants_json(request):
        return gone(request, title, message)
    return answer(pages.no_queries(title, message), status=404)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _from_one(request: HttpRequest, name: str) -> int | None:
    """An index from a number that counts from 1; -1 if it is no number, so that nothing matches."""
    if not request.GET.get(name):
        return None
    return (_number(request, name) or 0) - 1


@access.page
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return answer_json(overview_json())
    if is_fragment(request):
        if request.GET.get("known") == version_of(insight.listed()):
            return unchanged()
        return answer(make_overview(request))
    return answer(overview_page(request))


@access.page
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    kind = KeysFragment if is_fragment(request) else KeysPage
    return answer(kind(shell=shell_of(request)))


@access.page
@require_safe
def ranking(request: HttpRequest, name: str) -> HttpResponse:
    return answer(ranking_page(request, name))


# EXPLAIN ends when the client disconnects, which only an ASGI server reports. With WSGI a second
# request cancels the statement, or the timeout ends it.

T = TypeVar("T")


def while_connected(request: HttpRequest, key: Hashable, explain: Callable[[], T]) -> T:
    """Return the result of ``explain``, which another request can cancel by ``key``."""
    with cancellable(key) as cancellation:
        if isinstance(request, ASGIRequest):
            return async_to_sync(_wait)(explain, cancellation)
        return explain()


async def _wait(explain: Callable[[], T], cancellation: Cancellation) -> T:
    """Run in the server's event loop, while ``explain`` runs in the thread of the view."""
    asked = asyncio.ensure_future(sync_to_async(explain)())
    try:
        return await asyncio.shield(asked)
    except asyncio.CancelledError:
        await asyncio.to_thread(cancellation.cancel)
        await asyncio.wait([asked])
        raise
