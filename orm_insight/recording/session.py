"""Begins and ends a recording: what the middleware, the panel and ``capture()`` have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextvars import Token
from dataclasses import dataclass, field
from datetime import UTC, datetime
from socket import gethostname
from time import perf_counter
from types import CodeType, FrameType
from typing import Any
from uuid import uuid4

from orm_insight import faults
from orm_insight.capture import attribute_access
from orm_insight.capture.active import active
from orm_insight.capture.assemble import assemble, assemble_overflow, assemble_uses, statements_of
from orm_insight.capture.recorder import Recorder
from orm_insight.capture.redaction import Redact
from orm_insight.capture.transactions import assemble_transactions
from orm_insight.capture.usage import Usage
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
    _token: Token[Recorder | None] | None = None

    def __post_init__(self) -> None:
        self.recorder.trace_id = self.id

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
        """The first span that is met: an instrumentation may begin its own inside of ours."""
        if self.span is None:
            self.span = current_span()

    def end(self) -> None:
        """Nothing more belongs to it: what it left behind in threads and tasks finds another."""
        self.recorder.is_over = True

    def trace(
        self,
        *,
        status: int | None = None,
        method: str | None = None,
        path: str | None = None,
        view: str | None = None,
        error: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Trace:
        """What was recorded until now, frozen."""
        duration = self.duration
        if duration is None:
            duration = perf_counter() - self.recorder.started
        return Trace(
            id=self.id,
            kind=self.kind,
            name=self.name,
            started_at=self.started_at,
            duration_ms=duration * 1e3,
            status=status,
            queries=assemble(self.recorder, redact=self.redact),
            dropped=self.recorder.dropped,
            overflow=assemble_overflow(self.recorder),
            method=method,
            path=path,
            view=view,
            error=error or self.error,
            tags=tags or {},
            uses=self._uses(),
            transactions=assemble_transactions(self.recorder, self.recorder.started + duration),
            host=_HOST,
            pid=os.getpid(),
            span=self.span,
            follows=self.follows,
            part_of=self.recorder.outer.trace_id if self.recorder.outer is not None else None,
        )

    def _uses(self) -> tuple[ResultUse, ...] | None:
        usage = self.recorder.usage
        return None if usage is None else assemble_uses(usage, statements_of(self.recorder))


def begin(
    kind: TraceKind,
    name: str,
    *,
    limit: int = 10_000,
    detailed: int = 10_000,
    redact: Redact | None = None,
    deep: bool = False,
    opened_in: CodeType | None = None,
) -> Recording:
    """Start to record what this thread or task does from now on.

    ``deep`` watches which rows, columns and relations are used, at many times the cost.
    ``opened_in`` is the code that has entered a block.
    """
    around = active.get()
    recorder = Recorder(
        limit=limit,
        detailed=detailed,
        outer=around.current() if around is not None else None,
        usage=Usage() if deep else None,
        opened_in=opened_in,
    )
    recording = Recording(kind=kind, name=name, recorder=recorder, redact=redact, is_deep=deep)
    recording.activate()
    return recording


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def leave_abandoned() -> None:
    """Forget a block whose ``with`` is nowhere among the callers: a generator was left in it.

    Its recorder stays active in this thread, where the next work is somebody else's.
    """
    recorder = active.get()
    if recorder is None or recorder.opened_in is None:
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is recorder.opened_in:
            return
        frame = frame.f_back
    active.set(None)


# The span of OpenTelemetry that is current here; the API is asked only where it is in use.


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
