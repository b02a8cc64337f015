"""What the toolbar's script asks for when a button of the panel is pressed."""

from __future__ import annotations

from functools import partial

from debug_toolbar.decorators import require_show_toolbar
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    JsonResponse,
)
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orm_insight.conf import get_config
from orm_insight.dashboard.waiting import while_connected
from orm_insight.explain.cancelling import cancel
from orm_insight.panel.pages import plan_page, signer
from orm_insight.visitors import may_see


# The panel is rendered without a request, so there is no CSRF token to put into its form. What we
# signed takes its place: a page of another site can send a form, but it cannot know that.
@csrf_exempt
@login_not_required
@require_show_toolbar  # type: ignore[untyped-decorator]
@require_POST
def explain(request: HttpRequest, index: int) -> HttpResponse:
    """The plan of one query of the trace that the panel's form names."""
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
