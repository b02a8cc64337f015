"""The way of a finished trace: kept at once, or first searched for hints, and written as spans.

Nothing here is analysed while a request waits; the analysis is imported when a thread needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orm_insight import stores
from orm_insight.conf import get_config
from orm_insight.imports import late, loaded

if TYPE_CHECKING:
    from orm_insight.model.hint import Hint
    from orm_insight.model.trace import Trace, TraceKind
    from orm_insight.pipeline import opentelemetry as span_queue
    from orm_insight.pipeline import reports, with_hints
else:
    span_queue = late("orm_insight.pipeline.opentelemetry")
    reports = late("orm_insight.pipeline.reports")
    with_hints = late("orm_insight.pipeline.with_hints")

_ASKED_FOR = frozenset({"capture", "test"})
_STATEFUL = (
    "orm_insight.recording.policy",
    "orm_insight.recording.control",
    "orm_insight.pipeline.with_hints",
    "orm_insight.pipeline.opentelemetry",
    "orm_insight.pipeline.reports",
)


def keep(trace: Trace) -> None:
    """Put a finished trace into the ring.

    An imported one is kept and nothing else: it is none of this project's work.
    """
    if trace.is_imported:
        stores.store().save(trace)
        return
    if is_below_limit(trace.kind, trace.duration_ms, is_deep=trace.is_deep):
        return
    if get_config().only_with_hints and not _is_asked_for(trace.kind, is_deep=trace.is_deep):
        with_hints.offer(trace, lambda offered: bool(_hints_of(offered)), _keep)
    else:
        _keep(trace)


def is_below_limit(kind: TraceKind, duration_ms: float, *, is_deep: bool) -> bool:
    """Return whether a trace is too fast to be kept; requested ones are always kept."""
    slow_ms = get_config().only_slow_ms
    return (
        slow_ms is not None and duration_ms < slow_ms and not _is_asked_for(kind, is_deep=is_deep)
    )


def _is_asked_for(kind: TraceKind, *, is_deep: bool) -> bool:
    return is_deep or kind in _ASKED_FOR


def _keep(trace: Trace) -> None:
    stores.store().save(trace)
    if get_config().otel:
        span_queue.offer(trace, _hints_of)


def _hints_of(trace: Trace) -> tuple[Hint, ...]:
    return tuple(reports.report_of(trace).hints)


def reset() -> None:
    """Forget store and reports, so that changed settings take effect."""
    stores.reset()
    for name in _STATEFUL:
        if (module := loaded(name)) is not None:
            module.reset()
