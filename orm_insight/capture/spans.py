"""The span of OpenTelemetry that is current here; the API is asked only where it is in use."""

from __future__ import annotations

import sys
from typing import Any

from orm_insight.capture import faults
from orm_insight.model.surroundings import SpanReference


def current_span() -> SpanReference | None:
    """``None`` also where nothing in this process has imported OpenTelemetry."""
    api: Any = sys.modules.get("opentelemetry.trace")
    if api is None:
        return None
    try:
        context = api.get_current_span().get_span_context()
        if not context.is_valid:
            return None
        return SpanReference(
            trace_id=format(context.trace_id, "032x"),
            span_id=format(context.span_id, "016x"),
            is_sampled=bool(context.trace_flags.sampled),
        )
    except Exception as error:
        faults.report("read the current span", error)
        return None
