"""Writes a trace as spans, by the API of OpenTelemetry; the project's SDK sends them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

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

from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.model.summary import query_ms
from orm_insight.model.trace import Query, Trace
from orm_insight.sql.fingerprint import fingerprint, name_of, summary, tables
from orm_insight.sql.statement import verb
from orm_insight.version import __version__

MAX_SPANS = 1_000
_REMEMBERED = 1_000
_mariadb: set[str] = set()


class SpanWriter:
    """One span for each trace, and one below it for each of its queries.

    A trace may come again, because more was done after its response: then only the new queries are
    written, since a span that has ended cannot be changed.
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
    """The context of the trace's own span: never the one that is current in this thread."""
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


# -- queries, traces and hints in the words of OpenTelemetry's semantic conventions ---------------
# See https://opentelemetry.io/docs/specs/semconv/db/database-spans/

Value: TypeAlias = str | int | float | bool
Attributes: TypeAlias = dict[str, Value]
Databases: TypeAlias = Mapping[str, Mapping[str, Any]]

MAX_TEXT = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SYSTEMS = {"oracle": "oracle.db", "microsoft": "microsoft.sql_server"}


def nanoseconds(trace: Trace, at_ms: float = 0.0) -> int:
    """A moment of a trace as OpenTelemetry counts, since 1970."""
    micro = (trace.started_at - _EPOCH) // timedelta(microseconds=1)
    return micro * 1_000 + int(at_ms * 1e6)


def span_name(query: Query) -> str:
    return name_of(query.sql, query.vendor)


def trace_name(trace: Trace) -> str:
    """The name that all traces of an endpoint share: the path of a request may hold an id."""
    if trace.kind == "request":
        return f"{trace.method or ''} {trace.url_name or trace.view or trace.path or ''}".strip()
    return trace.name.partition(" ")[0] if trace.kind == "command" else trace.name


def query_attributes(query: Query, databases: Databases, mariadb: frozenset[str]) -> Attributes:
    """``mariadb`` are the aliases of which Django says ``mysql``, and the server something else."""
    system = "mariadb" if query.alias in mariadb else _SYSTEMS.get(query.vendor, query.vendor)
    operation, label, targets = verb(query.sql), summary(query.sql), tables(query.sql)
    is_batch = (query.batch_size or 0) > 1
    # SQL without parameters may hold values of users.
    text = query.sql if query.params else fingerprint(query.sql)
    found: dict[str, Value | None] = {
        "db.system.name": system or "other_sql",
        "db.query.text": text[:MAX_TEXT],
        "db.query.summary": label or None,
        "db.operation.name": (f"BATCH {operation}" if is_batch else operation) or None,
        "db.operation.batch.size": query.batch_size if is_batch else None,
        "db.collection.name": targets[0] if len(targets) == 1 else None,
        "db.response.returned_rows": query.rows if operation in ("SELECT", "WITH") else None,
        "error.type": error_type(query.error),
        "orm_insight.alias": query.alias,
        **_server(databases.get(query.alias, {})),
        **dict(_code(query.site)),
    }
    return {name: value for name, value in found.items() if value is not None}


def trace_attributes(trace: Trace, hints: Sequence[Hint]) -> Attributes:
    found: dict[str, Value | None] = {
        "orm_insight.trace.id": trace.id,
        "orm_insight.trace.kind": trace.kind,
        "orm_insight.query.count": len(trace.queries) + trace.dropped,
        "orm_insight.query.duration_ms": query_ms(trace),
        "orm_insight.hint.count": len(hints),
        "http.request.method": trace.method,
        "http.response.status_code": trace.status,
        "url.path": trace.path,
        "code.function.name": trace.view,
        "error.type": error_type(trace.error),
        **{f"orm_insight.tag.{key.replace(' ', '_')}": text for key, text in trace.tags.items()},
    }
    return {name: value for name, value in found.items() if value is not None}


def hint_attributes(hint: Hint) -> Attributes:
    attributes: Attributes = {
        "orm_insight.hint.code": hint.code,
        "orm_insight.hint.message": hint.message,
        "orm_insight.hint.queries": len(hint.queries),
        **dict(_code(hint.origin or hint.site)),
    }
    if hint.fix:
        attributes["orm_insight.hint.fix"] = hint.fix
    return attributes


def error_type(error: str | None) -> str | None:
    return error.partition(":")[0] if error else None


def _server(database: Mapping[str, Any]) -> Attributes:
    host, port, name = (str(database.get(key) or "") for key in ("HOST", "PORT", "NAME"))
    found: Attributes = {"db.namespace": name} if name else {}
    if host and not host.startswith("/"):
        found["server.address"] = host
        if port.isdecimal():
            found["server.port"] = int(port)
    return found


def _code(site: CallSite | None) -> Iterator[tuple[str, Value]]:
    if site is None:
        return
    yield "code.file.path", site.file
    yield "code.line.number", site.line
    if site.function and not site.is_template:
        yield "code.function.name", site.function
