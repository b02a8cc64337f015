"""Responses of the dashboard: pages, fragments and JSON, with their headers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.dashboard.assets import version
from orm_insight.dashboard.links import address
from orm_insight.dashboard.state import only_process, why_trace_is_gone
from orm_insight.recording import control
from orm_insight.ui.pages import GoneFragment, GonePage, Shell
from orm_insight.ui.templating import Page, render

# Pages load nothing from elsewhere. The Debug Toolbar needs images in data: URLs.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_PAGES = (
    ("Overview", "overview", "o"),
    ("Problems", "problems", "p"),
    ("Traces", "traces", "t"),
    ("Endpoints", "endpoints", "e"),
    ("Call sites", "lines", "c"),
    ("Statements", "statements", "s"),
    ("Recording", "recording", "r"),
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


def answer(page: Page, *, status: int = 200) -> HttpResponse:
    return HttpResponse(render(page), status=status, headers=HEADERS)


def answer_json(content: Any, *, status: int = 200) -> HttpResponse:
    parameters = {"ensure_ascii": True, "default": str}
    return JsonResponse(content, status=status, headers=HEADERS, json_dumps_params=parameters)


def unchanged() -> HttpResponse:
    """Tell a page that it shows the newest state already."""
    return HttpResponse(status=204, headers=HEADERS)


def see(url: str) -> HttpResponse:
    # 303: the next page is fetched with GET.
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def gone(request: HttpRequest, title: str, message: str) -> HttpResponse:
    """Return a 404 that says what does not exist, in the requested format."""
    return refused(request, title, message, status=404)


def no_trace(request: HttpRequest) -> HttpResponse:
    """Return that the trace is gone, or that the store does not answer."""
    store = insight.store()
    if store.is_answering:
        return gone(request, "This trace is gone", why_trace_is_gone(request))
    message = f"It may still exist. {store.problem}"
    return refused(request, "This trace cannot be read at the moment", message, status=503)


def refused(request: HttpRequest, title: str, message: str, *, status: int) -> HttpResponse:
    if wants_json(request):
        return answer_json({"error": message}, status=status)
    if is_fragment(request):
        return answer(GoneFragment(message=message), status=status)
    return answer(GonePage(shell=shell_of(request), title=title, message=message), status=status)


def of_report(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Pass the report of the trace in the address to the view, or answer that it is gone."""

    @wraps(view)
    def inner(request: HttpRequest, trace_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        report = insight.report(trace_id)
        return no_trace(request) if report is None else view(request, report, *args, **kwargs)

    return inner


def fields_of(value: object, *names: str) -> dict[str, Any]:
    """These fields as they are, for JSON."""
    return {name: getattr(value, name) for name in names}


def is_fragment(request: HttpRequest) -> bool:
    """Return whether a script asks for a part of a page."""
    return request.GET.get("fragment") == "1"


def wants_json(request: HttpRequest) -> bool:
    if request.path.endswith(".json") or request.GET.get("format") == "json":
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def shell_of(request: HttpRequest) -> Shell:
    if insight.store().problem is None:
        # Another process may have paused just now.
        control.refresh()
    return Shell(
        home_url=address("overview"),
        traces_url=address("traces"),
        pages=tuple((title, address(name), name, key) for title, name, key in _PAGES),
        page=(request.resolver_match and request.resolver_match.url_name) or "",
        keys_url=address("keys"),
        assets=address("assets", version()),
        csrf_token=get_token(request),
        is_enabled=get_config().enabled,
        is_recording=insight.is_recording(),
        only_process=only_process(request),
        pause_url=address("pause"),
        resume_url=address("resume"),
    )
