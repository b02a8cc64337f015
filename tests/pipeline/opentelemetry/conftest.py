"""A real SDK whose spans stay in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from orm_insight.pipeline import opentelemetry


class Spans:
    """The spans that have arrived at the exporter."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def all(self) -> list[ReadableSpan]:
        opentelemetry.flush()
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time)

    def root(self) -> ReadableSpan:
        [span] = [s for s in self.all() if s.kind is trace.SpanKind.INTERNAL]
        return span

    def queries(self) -> list[ReadableSpan]:
        return [s for s in self.all() if s.kind is trace.SpanKind.CLIENT]

    def clear(self) -> None:
        self._exporter.clear()


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    """A process has one provider, for good."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter, settings: object) -> Iterator[Spans]:
    settings.ORM_INSIGHT = {"OTEL": True, "SLOW_QUERY_MS": 60_000}
    exporter.clear()
    yield Spans(exporter)
    opentelemetry.flush()
