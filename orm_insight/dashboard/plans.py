"""Plans that were made before, by address."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from orm_insight import insight
from orm_insight.dashboard import access
from orm_insight.dashboard.responses import HEADERS, gone


@access.page
@require_safe
def plan_json(request: HttpRequest, trace_id: str, index: int) -> HttpResponse:
    """The newest plan of a query as the database gave it, for other tools that read plans."""
    kept = insight.plan_of(trace_id, index)
    if kept is None:
        return gone(request, "No plan", "There is no plan of this query (any more): explain it.")
    text = json.dumps(kept.explanation.payload, indent=1, ensure_ascii=True, default=str)
    return HttpResponse(text, content_type="application/json", headers=HEADERS)
