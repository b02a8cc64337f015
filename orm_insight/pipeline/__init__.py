"""The way of a finished trace: kept at once, or looked at first, and written as spans.

Nothing here is analysed while a request waits; the analysis is imported when a thread needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orm_insight import keeping, recording
from orm_insight.conf import get_config
from orm_insight.imports import late, loaded

if TYPE_CHECKING:
    from orm_insight import sieve
    from orm_insight.model.hint import Hint
    from orm_insight.model.trace import Trace
    from orm_insight.otel import queue as span_queue
    from orm_insight.pipeline import reports
else:
    sieve = late("orm_insight.sieve")
    span_queue = late("orm_insight.otel.queue")
    reports = late("orm_insight.pipeline.reports")

_STATEFUL = (
    "orm_insight.steering",
    "orm_insight.sieve",
    "orm_insight.otel.queue",
    "orm_insight.pipeline.reports",
)


def keep(trace: Trace) -> None:
    """Put a finished trace into the ring.

    An imported one is kept and nothing else: it is none of this project's work.
    """
    if trace.is_imported:
        keeping.store().save(trace)
        return
    if recording.is_too_fast(trace):
        return
    if recording.needs_hints(trace):
        sieve.offer(trace, lambda offered: bool(_hints_of(offered)), _keep)
    else:
        _keep(trace)


def _keep(trace: Trace) -> None:
    keeping.store().save(trace)
    if get_config().otel:
        span_queue.offer(trace, _hints_of)


def _hints_of(trace: Trace) -> tuple[Hint, ...]:
    return tuple(reports.report_of(trace).hints)


def reset() -> None:
    """Forget store and reports, so that changed settings take effect."""
    keeping.reset()
    recording.reset()
    for name in _STATEFUL:
        if (module := loaded(name)) is not None:
            module.reset()
