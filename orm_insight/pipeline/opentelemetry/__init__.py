"""Hands finished traces to a thread that writes them as spans, after the response was sent.

OpenTelemetry is imported when the first trace comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from django.utils.module_loading import import_string

from orm_insight import faults
from orm_insight.conf import get_config
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Trace
from orm_insight.workers import Worker

HintsOf: TypeAlias = Callable[[Trace], Sequence[Hint]]

_STEP = "export spans to OpenTelemetry"


class TooManyTraces(Exception):
    """More traces came than could be written; the oldest is left out."""


class _Exporter(Worker[tuple[Trace, HintsOf]]):
    """A worker whose thread makes the writer when the first trace comes."""

    def forget(self) -> None:
        super().forget()
        self.writer: Callable[[Trace], None] | None = None

    def begin_anew(self) -> None:
        super().begin_anew()
        self.writer = None


def _write(offered: tuple[Trace, HintsOf]) -> None:
    trace, hints_of = offered
    if (writer := _worker.writer) is None:
        kind = import_string("orm_insight.pipeline.opentelemetry.spans.SpanWriter")
        writer = _worker.writer = kind(hints_of)
    writer(trace)


# After this delay a request that goes on after its response is mostly over, and is written once.
_worker = _Exporter(_STEP, _write, limit=200, delay_s=0.5)
flush, reset = _worker.flush, _worker.forget


def offer(trace: Trace, hints_of: HintsOf) -> None:
    """Write a trace as spans later, if the settings want that."""
    if get_config().otel and _worker.offer((trace, hints_of), key=trace.id):
        faults.report(_STEP, TooManyTraces("more traces than can be written"))
