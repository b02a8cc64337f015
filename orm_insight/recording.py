"""What is recorded from now on: whether anything is, and which requests in depth."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from random import SystemRandom

from orm_insight.capture.redaction import Redact, SecretColumns, redact_everything
from orm_insight.conf import Config, get_config
from orm_insight.model.trace import Trace, TraceKind


class _State:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_paused = False
        self.redact: tuple[Config, Redact] | None = None
        self.deep_paths: dict[str, str] = {}
        self.taken: tuple[str, ...] = ()
        # Of its own: the application's sequence is not disturbed, and no two workers share one.
        self.draw = SystemRandom().random


_state = _State()
_REMEMBERED = 100
"""Tickets, and never do so many wait."""
_ASKED_FOR = frozenset({"capture", "test"})


def reset() -> None:
    """Record again, as the settings say."""
    with _state.lock:
        _state.redact = None
        _state.is_paused = False
        _state.deep_paths = {}
        _state.taken = ()


def is_recording() -> bool:
    """Whether requests are recorded now: enabled in the settings and not paused."""
    return not _state.is_paused and get_config().enabled


def pause() -> None:
    _state.is_paused = True


def resume() -> None:
    _state.is_paused = False


def is_sampled(path: str) -> bool:
    """Whether a request of this path is among those that are wanted; drawn at each call."""
    rate = get_config().sample_rate_of(path)
    return rate >= 1 or (rate > 0 and _state.draw() < rate)


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


def await_deep(waited: Mapping[str, str]) -> None:
    """Let the next request of each of these paths be recorded in depth, and of no other.

    With each a ticket of its own: what this process has taken, it does not take again.
    """
    with _state.lock:
        _state.deep_paths = {p: ticket for p, ticket in waited.items() if not has_taken(ticket)}


def has_taken(ticket: str) -> bool:
    """Whether this process has recorded in depth what was asked for by this ticket."""
    return ticket in _state.taken


def waits_for_deep(path: str) -> bool:
    """Whether the next request of this path will be recorded in depth."""
    return path in _state.deep_paths


def takes_deep(path: str) -> bool:
    """Whether this request is the one to be recorded in depth; the next one then is not."""
    if path not in _state.deep_paths:
        return False
    with _state.lock:
        ticket = _state.deep_paths.pop(path, None)
        if ticket is not None:
            _state.taken = (*_state.taken, ticket)[-_REMEMBERED:]
        return ticket is not None


def redaction() -> Redact:
    """What withholds parameters under the settings of now; the same one while they last."""
    config = get_config()
    held = _state.redact
    if held is None or held[0] is not config:
        redact = redact_everything if config.redacts else SecretColumns(config.secret_names)
        held = _state.redact = (config, redact)
    return held[1]
