"""What is recorded from now on: whether anything is, and which requests in depth."""

from __future__ import annotations

from orm_insight.conf import get_config
from orm_insight.model.trace import Trace, TraceKind

_ASKED_FOR = frozenset({"capture", "test"})


def is_too_fast(trace: Trace) -> bool:
    """Whether only slower ones are kept; what somebody asked for is kept in any case."""
    return is_below_limit(trace.kind, trace.duration_ms, is_deep=trace.is_deep)


def is_below_limit(kind: TraceKind, duration_ms: float, *, is_deep: bool) -> bool:
    """The same of what is no trace yet."""
    slow_ms = get_config().only_slow_ms
    return slow_ms is not None and duration_ms < slow_ms and not _was_asked_for(kind, is_deep)


def needs_hints(trace: Trace) -> bool:
    """Whether it is kept only if something in it can be repaired."""
    return get_config().only_with_hints and not _was_asked_for(trace.kind, trace.is_deep)


def _was_asked_for(kind: TraceKind, is_deep: bool) -> bool:  # noqa: FBT001  # as a trace has both
    return is_deep or kind in _ASKED_FOR
