"""What each address answers. Thin: reads the request, asks the façade, picks a page."""

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
from orm_insight.dashboard.hints import about_page, find_hint, hint_json, hint_page, why_gone
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
    refused,
    see,
    shell_of,
    unchanged,
    wants_json,
)
from orm_insight.dashboard.state import version_of
from orm_insight.dashboard.trace import TracePages
from orm_insight.dashboard.trace_filters import Asked
from orm_insight.dashboard.trace_json import list_json, trace_json
from orm_insight.dashboard.traces import list_page, trace_table
from orm_insight.explain.base import Outcome
from orm_insight.explain.runner import Cancellation, cancel, cancellable
from orm_insight.explain.serialization import explanation_to_dict
from orm_insight.recording import policy
from orm_insight.recording.control import StoreSilentError
from orm_insight.reports.report import Report
from orm_insight.ui.format import queries as counted_queries
from orm_insight.ui.overview import KeysFragment, KeysPage
from orm_insight.ui.pages import ExplainFragment, GroupsFragment, QueriesFragment, QueryFragment

# For clients that read JSON; a page always arrives, with the message on it.
_JSON_STATUS = {Outcome.EXPLAINED: 200, Outcome.UNAVAILABLE: 424}
_NOT_EXPLAINED = 422
_SILENT = 503


@access.page
@require_safe
def traces(request: HttpRequest) -> HttpResponse:
    asked = Asked.of(request.GET)
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
def traces_json(request: HttpRequest) -> HttpResponse:
    return answer_json(list_json(Asked.of(request.GET)))


@access.page
@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return answer_json(problems_json())
    return answer(problems_page(request))


@access.page
@require_safe
def trace(request: HttpRequest, trace_id: str) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
    if wants_json(request):
        return answer_json(trace_json(report))
    return answer(TracePages(request, report).trace())


@access.page
@require_safe
def groups(request: HttpRequest, trace_id: str) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
    pages, offset = TracePages(request, report), _number(request, "offset") or 0
    if is_fragment(request):
        return answer(GroupsFragment(groups=pages.groups(offset=offset)))
    return answer(pages.groups_page(offset=offset))


@access.page
@require_safe
def queries(request: HttpRequest, trace_id: str) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
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
def hint(request: HttpRequest, trace_id: str, problem_id: str) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
    number = find_hint(report, problem_id)
    if number is None:
        return gone(request, "No such hint", why_gone(report, problem_id))
    if wants_json(request):
        return answer_json(hint_json(report, number))
    return answer(hint_page(request, report, number))


@access.page
@require_safe
def about(request: HttpRequest, code: str | None = None) -> HttpResponse:
    found = about_page(request, code)
    if found is None:
        return gone(request, "No such hint", "There is no documentation for this hint code.")
    return answer(found)


@access.page
@require_safe
def query(request: HttpRequest, trace_id: str, index: int) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
    if index >= len(report.queries):
        return _no_query(request, report, index)
    pages, found = TracePages(request, report), report.queries[index]
    if is_fragment(request):
        detail = pages.detail(found, get_token(request))
        return answer(QueryFragment(query=detail, result=pages.made(found)))
    return answer(pages.query_page(found))


@access.page
@require_POST
def explain(request: HttpRequest, trace_id: str, index: int) -> HttpResponse:
    report = insight.report(trace_id)
    if report is None:
        return no_trace(request)
    if index >= len(report.queries):
        return _no_query(request, report, index)
    if "cancel" in request.POST:
        return _cancel(request, trace_id, index)
    analyze = request.POST.get("analyze") == "1"
    try_index = request.POST.get("try") or None
    explanation = while_connected(
        request,
        (trace_id, index),
        partial(insight.explain, trace_id, index, analyze=analyze, try_index=try_index),
    )
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
def deep(request: HttpRequest, trace_id: str) -> HttpResponse:
    """The next request of this trace's path is recorded in depth, or no longer."""
    report = insight.report(trace_id)
    if report is None or report.trace.path is None:
        return no_trace(request)
    change = insight.forget_deep if "forget" in request.POST else insight.record_deep_next
    url = f"{TraceLinks(trace_id).trace()}#depth"
    return _changed(request, partial(change, report.trace.path), url)


@access.page
@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    return _changed(request, insight.clear, address("traces"))


@access.page
@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    change = partial(insight.pause, by=access.name_of(request))
    return _changed(request, change, address("traces"))


@access.page
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    change = partial(insight.resume, by=access.name_of(request))
    return _changed(request, change, address("traces"))


@access.page
@require_POST
def record_me(request: HttpRequest) -> HttpResponse:
    """With ``ON_DEMAND``, this browser's requests are recorded, or with ``stop`` no longer."""
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


def _changed(request: HttpRequest, change: Callable[[], None], url: str) -> HttpResponse:
    """Lead to where the change can be seen, unless the store has not taken it."""
    try:
        change()
    except StoreSilentError as error:
        return refused(request, "Nothing was changed", str(error), status=_SILENT)
    return see(url)


def _cancel(request: HttpRequest, trace_id: str, index: int) -> HttpResponse:
    """End what this process is explaining of the query, for whichever page has asked."""
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
    """The trace is there, the hint or group is not."""
    title, message = f"No such {what}", f"This trace has no {what} with this number."
    if is_fragment(request) or wants_json(request):
        return gone(request, title, message)
    return answer(pages.no_queries(title, message), status=404)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _from_one(request: HttpRequest, name: str) -> int | None:
    """A number that is given from 1 on; what is none is the number of nothing."""
    if not request.GET.get(name):
        return None
    return (_number(request, name) or 0) - 1


# The addresses of the whole ring: overview, rankings, and what each key does.


@access.page
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return answer_json(overview_json())
    if is_fragment(request):
        known = request.GET.get("known")
        if known == version_of(insight.listed()):
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


# Explaining for a client that may not wait: when its request goes away, so does the statement.
#
# Only an ASGI server tells that the client has left. Under WSGI a second request has to say so, and
# otherwise the time limit ends the statement.

T = TypeVar("T")


def while_connected(request: HttpRequest, key: Hashable, explain: Callable[[], T]) -> T:
    """What ``explain`` returns. ``key`` is how another request names it to cancel it."""
    with cancellable(key) as cancellation:
        if isinstance(request, ASGIRequest):
            return async_to_sync(_wait)(explain, cancellation)
        return explain()


async def _wait(explain: Callable[[], T], cancellation: Cancellation) -> T:
    """Runs in the server's loop, ``explain`` in the thread of the view, which waits for it."""
    asked = asyncio.ensure_future(sync_to_async(explain)())
    try:
        return await asyncio.shield(asked)
    except asyncio.CancelledError:
        await asyncio.to_thread(cancellation.cancel)
        await asyncio.wait([asked])
        raise
