"""Decides which finished traces are kept: slow enough, or with a hint."""

from __future__ import annotations

from orm_insight.conf import get_config
from orm_insight.model.trace import Trace, TraceKind

_ASKED_FOR = frozenset({"capture", "test"})


def is_too_fast(trace: Trace) -> bool:
    """Return whether the trace is too fast to be kept; requested ones are always kept."""
    return is_below_limit(trace.kind, trace.duration_ms, is_deep=trace.is_deep)


def is_below_limit(kind: TraceKind, duration_ms: float, *, is_deep: bool) -> bool:
    """Return the same of a recording that is no trace yet."""
    slow_ms = get_config().only_slow_ms
    return slow_ms is not None and duration_ms < slow_ms and not _was_asked_for(kind, is_deep)


def needs_hints(trace: Trace) -> bool:
    """Return whether the trace is kept only if it has a hint."""
    return get_config().only_with_hints and not _was_asked_for(trace.kind, trace.is_deep)


def _was_asked_for(kind: TraceKind, is_deep: bool) -> bool:  # noqa: FBT001  # as a trace has both
    return is_deep or kind in _ASKED_FOR
