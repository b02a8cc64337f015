"""A recording at work: its recorder, and what its trace says about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextvars import Token
from dataclasses import dataclass, field
from datetime import UTC, datetime
from socket import gethostname
from time import perf_counter
from typing import Any
from uuid import uuid4

from orm_insight import faults
from orm_insight.capture import attribute_access
from orm_insight.capture.active import active
from orm_insight.capture.assemble import assemble, assemble_overflow, assemble_uses, statements_of
from orm_insight.capture.recorder import Recorder
from orm_insight.capture.redaction import Redact
from orm_insight.capture.transactions import assemble_transactions
from orm_insight.model.provenance import ResultUse
from orm_insight.model.trace import SpanReference, Trace, TraceKind

_HOST = gethostname()


@dataclass(slots=True, kw_only=True)
class Recording:
    """A recorder at work, with what the trace will say about it."""

    kind: TraceKind
    name: str
    recorder: Recorder
    redact: Redact | None = None
    id: str = field(default_factory=lambda: uuid4().hex[:16])
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration: float | None = None
    error: str | None = None
    is_deep: bool = False
    follows: str | None = None
    span: SpanReference | None = None
    make: Callable[[], Trace] = field(init=False)
    """Makes its trace; ``trace``, until somebody knows more than that."""
    kept: tuple[int, ...] = ()
    """The ``progress`` that its last kept trace contains."""
    _token: Token[Recorder | None] | None = None

    def __post_init__(self) -> None:
        self.recorder.trace_id = self.id
        self.make = self.trace

    def activate(self) -> None:
        if self.is_deep:
            attribute_access.begin()
        self._token = active.set(self.recorder)
        self.note_span()

    def deactivate(self) -> None:
        """Stop recording; what is recorded stays."""
        self.note_span()
        if self.duration is None:
            self.duration = perf_counter() - self.recorder.started
        if self._token is not None:
            if active.get() is self.recorder:
                active.set(self.recorder.outer)
            self._token = None
            if self.is_deep:
                attribute_access.end()

    def note_span(self) -> None:
        """Note the first span that is met: an instrumentation may begin its own inside of ours."""
        if self.span is None:
            self.span = current_span()

    def end(self) -> None:
        """Let nothing more belong to it: threads and tasks that go on find another one."""
        self.recorder.is_over = True

    @property
    def progress(self) -> tuple[int, ...]:
        """Changes with everything that is recorded."""
        recorder = self.recorder
        return len(recorder.queries), recorder.dropped, len(recorder.transactions)

    def trace(self, **known: Any) -> Trace:
        """The trace of everything recorded until now; ``known`` are further fields of it."""
        duration = self.duration
        if duration is None:
            duration = perf_counter() - self.recorder.started
        outer = self.recorder.outer
        return Trace(
            id=self.id,
            kind=self.kind,
            name=self.name,
            started_at=self.started_at,
            duration_ms=duration * 1e3,
            queries=assemble(self.recorder, redact=self.redact),
            dropped=self.recorder.dropped,
            overflow=assemble_overflow(self.recorder),
            error=self.error,
            uses=self._uses(),
            transactions=assemble_transactions(self.recorder, self.recorder.started + duration),
            host=_HOST,
            pid=os.getpid(),
            span=self.span,
            follows=self.follows,
            part_of=outer.trace_id if outer is not None else None,
            **known,
        )

    def _uses(self) -> tuple[ResultUse, ...] | None:
        usage = self.recorder.usage
        return None if usage is None else assemble_uses(usage, statements_of(self.recorder))


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def current_span() -> SpanReference | None:
    """The span of OpenTelemetry that is current here; nothing of it is imported for this."""
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
