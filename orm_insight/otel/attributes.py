"""Queries, traces and hints in the words of OpenTelemetry's semantic conventions.

Pure but for the names of databases, which are in the settings; OpenTelemetry is not needed.
See https://opentelemetry.io/docs/specs/semconv/db/database-spans/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from orm_insight.model.hint import Hint
from orm_insight.model.summary import query_ms
from orm_insight.model.trace import CallSite, Query, Trace
from orm_insight.sql.fingerprint import fingerprint, name_of, summary, tables
from orm_insight.sql.statement import verb

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
    """The same for all traces of an endpoint: the path of a request may hold an id."""
    if trace.kind == "request":
        return f"{trace.method or ''} {trace.url_name or trace.view or trace.path or ''}".strip()
    return trace.name.partition(" ")[0] if trace.kind == "command" else trace.name


def query_attributes(query: Query, databases: Databases, mariadb: frozenset[str]) -> Attributes:
    """``mariadb`` are the aliases of which Django says ``mysql``, and the server something else."""
    system = "mariadb" if query.alias in mariadb else _SYSTEMS.get(query.vendor, query.vendor)
    operation, label, targets = verb(query.sql), summary(query.sql), tables(query.sql)
    is_batch = (query.batch_size or 0) > 1
    # What is not parameterised may hold values of users.
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
