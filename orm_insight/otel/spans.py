"""Writes a trace as spans, by the API of OpenTelemetry; whoever configures the SDK sends them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db.backends.signals import connection_created
from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query, Trace
from orm_insight.otel.attributes import (
    hint_attributes,
    nanoseconds,
    query_attributes,
    span_name,
    trace_attributes,
    trace_name,
)
from orm_insight.version import __version__

MAX_SPANS = 1_000
_REMEMBERED = 1_000
_mariadb: set[str] = set()


class SpanWriter:
    """One span for each trace, and one below it for each of its queries.

    A trace that comes again, because more was done after its response, has only what is new
    written: a span that has ended cannot be changed.
    """

    def __init__(self, hints_of: Callable[[Trace], Sequence[Hint]]) -> None:
        self._hints_of = hints_of
        self._written: OrderedDict[str, tuple[SpanContext, int]] = OrderedDict()
        self._tracer = api.get_tracer("orm_insight", __version__)

    def __call__(self, trace: Trace) -> None:
        written = self._written.get(trace.id)
        if written is None:
            context, done = self._write_trace(trace), 0
        else:
            context, done = written
        last = min(len(trace.queries), MAX_SPANS)
        if context.trace_flags.sampled:
            parent = api.set_span_in_context(NonRecordingSpan(context))
            for query in trace.queries[done:last]:
                self._write_query(trace, query, parent)
        self._written[trace.id] = context, max(done, last)
        while len(self._written) > _REMEMBERED:
            self._written.popitem(last=False)

    def _write_trace(self, trace: Trace) -> SpanContext:
        hints = self._hints_of(trace)
        end = nanoseconds(trace, trace.duration_ms)
        span = self._tracer.start_span(
            trace_name(trace),
            context=_parent_of(trace),
            kind=SpanKind.INTERNAL,
            start_time=nanoseconds(trace),
            attributes=trace_attributes(trace, hints),
        )
        for hint in hints:
            span.add_event("orm_insight.hint", hint_attributes(hint), timestamp=end)
        _say_what_is_left_out(span, trace)
        if trace.error:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)
        return span.get_span_context()

    def _write_query(self, trace: Trace, query: Query, parent: Context) -> None:
        span = self._tracer.start_span(
            span_name(query),
            context=parent,
            kind=SpanKind.CLIENT,
            start_time=nanoseconds(trace, query.started_ms),
            attributes=query_attributes(query, settings.DATABASES, frozenset(_mariadb)),
        )
        if query.error:
            span.set_status(Status(StatusCode.ERROR))
        span.end(nanoseconds(trace, query.started_ms + query.duration_ms))


def _parent_of(trace: Trace) -> Context:
    """An empty context where there was no span: what is current in this thread is not its."""
    if trace.span is None:
        return Context()
    reference = SpanContext(
        int(trace.span.trace_id, 16),
        int(trace.span.span_id, 16),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if trace.span.is_sampled else 0),
    )
    return api.set_span_in_context(NonRecordingSpan(reference), Context())


def _say_what_is_left_out(span: Span, trace: Trace) -> None:
    left_out = trace.queries[MAX_SPANS:]
    count = len(left_out) + trace.dropped
    if count:
        total = sum(q.duration_ms for q in left_out) + sum(o.total_ms for o in trace.overflow)
        span.set_attribute("orm_insight.query.without_span.count", count)
        span.set_attribute("orm_insight.query.without_span.duration_ms", total)


def _note_mariadb(*, connection: object, **_: object) -> None:
    """The driver knows which server it has met, without a further statement."""
    says = getattr(getattr(connection, "connection", None), "get_server_info", None)
    if callable(says) and "mariadb" in str(says()).lower():
        _mariadb.add(str(getattr(connection, "alias", "")))


connection_created.connect(_note_mariadb, dispatch_uid="orm_insight_otel")
