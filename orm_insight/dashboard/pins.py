"""Pins: a trace that somebody wants to look at later stays until it is unpinned."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_POST

from orm_insight import insight
from orm_insight.dashboard import access
from orm_insight.dashboard.asked import Asked
from orm_insight.dashboard.links import TraceLinks
from orm_insight.dashboard.responses import answer_json, no_trace, refused, see, wants_json
from orm_insight.stores.base import PinOutcome
from orm_insight.stores.retention import MAX_PINNED

_MESSAGES = {
    PinOutcome.TOO_MANY: f"{MAX_PINNED} traces are pinned already: unpin one of them first.",
    PinOutcome.TOO_LARGE: (
        "Pinned traces may take half of the memory that MAX_BYTES allows, and this one is too "
        "large for what is left of it: unpin another one first, or allow more."
    ),
    PinOutcome.UNREACHABLE: "The store does not answer now: try again when it does.",
}
_STATUS = {PinOutcome.UNREACHABLE: 503}
_CONFLICT = 409


@access.page
@require_POST
def pin(request: HttpRequest, trace_id: str) -> HttpResponse:
    """``unpin`` in the form takes the pin away; ``list`` is the address of the list to return to.

    Only its parameters are taken from there: nobody is led elsewhere.
    """
    is_pinned = "unpin" not in request.POST
    outcome = insight.pin(trace_id, is_pinned=is_pinned)
    if outcome is PinOutcome.GONE:
        return no_trace(request)
    if outcome is not PinOutcome.DONE:
        status = _STATUS.get(outcome, _CONFLICT)
        return refused(request, "Not pinned", _MESSAGES[outcome], status=status)
    if wants_json(request):
        return answer_json({"id": trace_id, "pinned": is_pinned})
    if "list" in request.POST:
        asked = Asked.of(QueryDict(request.POST["list"]))
        return see(f"{asked.url(page=asked.page)}#t-{trace_id}")
    return see(TraceLinks(trace_id).trace())
