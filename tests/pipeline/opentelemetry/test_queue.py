"""The thread that writes after the response never waits, never loops, and never raises."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.checks import run_checks
from django.db import connection
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import orm_insight
from orm_insight import checks, faults, insight
from orm_insight.pipeline import opentelemetry
from tests.builders import make_trace
from tests.pipeline.opentelemetry.conftest import Spans
from tests.stores.listing import until

pytestmark = pytest.mark.django_db


class Asking:
    """Asks the database for each span, as an exporter that writes to it would."""

    def on_start(self, span, parent_context=None):
        pass

    def _on_ending(self, span):
        pass

    def on_end(self, span):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'exported'")
        connection.close()  # that of the thread

    def shutdown(self):
        pass

    def force_flush(self, timeout_millis=0):
        return True


@pytest.fixture
def processors(spans: Spans):
    """Further processors, for one test."""
    multi = trace.get_tracer_provider()._active_span_processor
    before = multi._span_processors
    yield trace.get_tracer_provider().add_span_processor
    multi._span_processors = before


def test_spans_are_written_without_being_asked_for(spans: Spans):
    insight.keep(make_trace())
    until(lambda: len(spans._exporter.get_finished_spans()) == 1)


def test_what_the_exporter_does_is_not_recorded(spans: Spans, processors):
    processors(Asking())
    with orm_insight.capture("around") as around:
        insight.keep(make_trace())
        opentelemetry.flush()

    assert [query.sql for query in around.queries] == []
    assert len(insight.recent()) == 2


def test_a_failure_stays_ours(spans: Spans, monkeypatch):
    def broken(trace):
        raise RuntimeError("no hints")

    opentelemetry.reset()
    opentelemetry.offer(make_trace(), broken)
    opentelemetry.flush()

    assert list(faults.counts()) == ["export spans to OpenTelemetry: RuntimeError: no hints"]
    faults.clear()


def test_the_oldest_is_left_out_and_counted(spans: Spans, monkeypatch):
    monkeypatch.setattr(opentelemetry._worker, "limit", 2)
    monkeypatch.setattr(opentelemetry._worker, "delay_s", 30)
    for number in range(4):
        insight.keep(make_trace(id=f"trace-{number}"))

    written = [span.attributes["orm_insight.trace.id"] for span in spans.all()]
    assert sorted(written) == ["trace-2", "trace-3"]
    assert list(faults.counts().values()) == [2]
    faults.clear()


def test_the_same_trace_waits_once(spans: Spans, monkeypatch):
    monkeypatch.setattr(opentelemetry._worker, "delay_s", 30)
    for name in ("first", "second"):
        insight.keep(make_trace(id="same", kind="task", name=name))

    assert spans.root().name == "second"


def test_a_collector_understands_it(spans: Spans, processors):
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{server.server_port}/v1/traces")
    try:
        processors(SimpleSpanProcessor(exporter))
        with orm_insight.capture("block"), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        spans.all()
    finally:
        exporter.shutdown()
        server.shutdown()
        thread.join()
        server.server_close()

    messages = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    names = [m.resource_spans[0].scope_spans[0].spans[0].name for m in messages]
    assert sorted(names) == ["SELECT", "block"]


def test_a_check_says_what_is_missing(settings, monkeypatch):
    settings.ORM_INSIGHT = {"OTEL": True}
    monkeypatch.setattr(checks, "find_spec", lambda name: None)

    assert "orm_insight.W009" in [message.id for message in run_checks(tags=["orm_insight"])]
