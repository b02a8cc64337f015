"""With ``ONLY_WITH_HINTS``: a thread looks at finished traces, and keeps those with a hint.

Where more wait than a thread can look at, the oldest is kept unseen: too much is better than to
lose what was looked for. So is what cannot be analysed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from orm_insight.capture import faults
from orm_insight.model.trace import Trace
from orm_insight.waiting import Handle, WaitingTraces

HasHints: TypeAlias = Callable[[Trace], bool]

_STEP = "look for hints"
# Until then a request that goes on behind its response is mostly over, and is looked at once.
_waiting = WaitingTraces(_STEP, limit=200, delay_s=0.3)
flush, reset = _waiting.flush, _waiting.forget


def offer(trace: Trace, has_hints: HasHints, keep: Handle) -> None:
    """Keep the trace later if it has a hint."""
    displaced = _waiting.put(trace, partial(_keep_wanted, has_hints, keep))
    if displaced is not None:
        keep(displaced)


def _keep_wanted(has_hints: HasHints, keep: Handle, trace: Trace) -> None:
    try:
        is_wanted = has_hints(trace)
    except Exception as error:
        faults.report(_STEP, error)
        is_wanted = True
    if is_wanted:
        keep(trace)
