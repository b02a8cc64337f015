"""The markup of the panel and of a plan above it, made when the panel is opened.

The toolbar always gets something to show: an expired trace says that it has expired.
"""

from __future__ import annotations

from functools import partial

from debug_toolbar.decorators import require_show_toolbar
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.templatetags.static import static
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.conf.access import may_see
from orm_insight.dashboard.views import while_connected
from orm_insight.explain.runner import cancel
from orm_insight.model.trace import Trace
from orm_insight.panel.content import (
    PanelLinks,
    PanelMessage,
    PanelWindow,
    panel_content,
    panel_plan,
)
from orm_insight.panel.guard import guarded
from orm_insight.ui.templating import render


# The panel is rendered without a request, so its form has no CSRF token. A signed trace id takes
# its place: a page of another site can send a form, but cannot sign.
@csrf_exempt
@login_not_required
@require_show_toolbar  # type: ignore[untyped-decorator]
@require_POST
def explain(request: HttpRequest, index: int) -> HttpResponse:
    """Explain one query of the trace in the panel's form."""
    if not (may_see(request) and get_config().explain_enabled):
        raise Http404
    try:
        trace_id = signer.unsign(request.POST.get("signed", ""))
    except BadSignature:
        return HttpResponseBadRequest("Invalid signature")
    if "cancel" in request.POST:
        return JsonResponse({"cancelled": cancel((trace_id, index))})
    analyze, try_index = "analyze" in request.GET, request.GET.get("try")
    plan = partial(plan_page, trace_id, index, analyze=analyze, try_index=try_index)
    return JsonResponse({"content": while_connected(request, (trace_id, index), plan)})


NOT_RECORDED = (
    "The dashboard's own pages and the paths in IGNORE_PATHS are not recorded, and nothing is "
    "recorded while recording is off or paused."
)
LEFT_OUT = {
    "disabled": "Recording is switched off: ENABLED in ORM_INSIGHT is False.",
    "paused": "Recording is paused. Resume it on the dashboard.",
    "ignored": "The path of this request matches IGNORE_PATHS in ORM_INSIGHT.",
    "on demand": (
        "Only requests of browsers that opted in are recorded (ON_DEMAND in ORM_INSIGHT), and "
        "this browser has not, or its cookie has expired: press “Record my requests” in the list "
        "of traces on the dashboard, then reload the page."
    ),
    "sampled": (
        "Only a random sample of requests is recorded, and this one was not part of it: see "
        "SAMPLE_RATE and SAMPLE_RATES in ORM_INSIGHT. Reload the page to try again."
    ),
}
NOT_KEPT = (
    "Or it was not kept, because it was faster than ONLY_SLOW_MS in ORM_INSIGHT, or because it "
    "has no hints and ONLY_WITH_HINTS is on."
)
FAULTY = "orm_insight itself has failed in this process; see the log."
EXPIRED = "Newer traces have replaced it. Reload the page to record it again."
FAILED = (
    "<p>orm_insight failed to show this trace; see the log. The page itself is not affected.</p>"
)
EXPLAIN_FAILED = (
    '<div class="djDebugPanelTitle"><h3>EXPLAIN failed; see the log</h3>'
    '<button type="button" class="djDebugClose">&times;</button></div>'
)

signer = Signer(salt="orm_insight.panel")


def trace_page(trace_id: str | None, trace: Trace | None) -> str:
    """The trace as the panel shows it, or the reason why there is none."""
    if trace_id is None:
        why = FAULTY if insight.status().faults else NOT_RECORDED
        return _message(PanelMessage, "Not recorded", why)
    if trace is None:
        config = get_config()
        if config.only_slow_ms is None and not config.only_with_hints:
            return _message(PanelMessage, "This trace has expired", EXPIRED)
        return _message(PanelMessage, "This trace does not exist", f"{EXPIRED} {NOT_KEPT}")
    return render(
        panel_content(
            insight.report_of(trace),
            PanelLinks(trace.id),
            stylesheet=_stylesheet(),
            signed=signer.sign(trace.id),
        )
    )


def left_out_page(reason: str) -> str:
    """The reason why this request was not recorded."""
    return _message(PanelMessage, "Not recorded", LEFT_OUT.get(reason, NOT_RECORDED))


@guarded("explain a query from the toolbar", otherwise=EXPLAIN_FAILED)
def plan_page(trace_id: str, index: int, *, analyze: bool, try_index: str | None = None) -> str:
    """EXPLAIN one query, for the toolbar's window above the panel."""
    trace = insight.trace(trace_id)
    if trace is None:
        return _message(PanelWindow, "This trace has expired", EXPIRED)
    explanation = insight.explain(trace_id, index, analyze=analyze, try_index=try_index)
    if explanation is None:
        return _message(PanelWindow, "Nothing to explain", "The trace has no such query.")
    return render(
        panel_plan(
            explanation,
            trace,
            PanelLinks(trace_id),
            stylesheet=_stylesheet(),
            signed=signer.sign(trace_id),
            kept=insight.kept_explanations(explanation.query),
        )
    )


def _message(kind: type[PanelMessage], title: str, text: str) -> str:
    return render(kind(stylesheet=_stylesheet(), title=title, text=text))


def _stylesheet() -> str:
    return static("orm_insight/css/panel.css")
