"""With ``ONLY_WITH_HINTS``: a thread looks at finished traces, and keeps those with a hint.

The oldest is kept unseen where more wait than a thread can look at: one too many is better than to
lose one with a hint. A trace that cannot be analysed is kept as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from orm_insight import faults
from orm_insight.model.trace import Trace
from orm_insight.workers import Worker

HasHints: TypeAlias = Callable[[Trace], bool]
Keep: TypeAlias = Callable[[Trace], None]

_STEP = "look for hints"


def offer(trace: Trace, has_hints: HasHints, keep: Keep) -> None:
    """Keep the trace later if it has a hint."""
    for displaced, _, keep_displaced in _worker.offer((trace, has_hints, keep), key=trace.id):
        keep_displaced(displaced)


def _look(offered: tuple[Trace, HasHints, Keep]) -> None:
    trace, has_hints, keep = offered
    try:
        is_wanted = has_hints(trace)
    except Exception as error:
        faults.report(_STEP, error)
        is_wanted = True
    if is_wanted:
        keep(trace)


# After this delay a request that goes on after its response is mostly over, and is looked at once.
_worker = Worker(_STEP, _look, limit=200, delay_s=0.3)
flush, reset = _worker.flush, _worker.forget
