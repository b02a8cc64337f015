"""A report as JSON-native values: strings, numbers, booleans, ``None``, lists and dictionaries.

Frames are listed once and stacks refer to them by number, so that ten thousand queries of one
loop stay small.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from orm_insight.analysis.origins import origin_of
from orm_insight.model.hint import Hint
from orm_insight.model.trace import CallSite, Frame, Query, Trace

if TYPE_CHECKING:
    from orm_insight.analysis.groups import QueryGroup
    from orm_insight.analysis.report import Report
    from orm_insight.analysis.silence import IgnoreComment, SilencedHint

VERSION = 1


def report_to_dict(report: Report) -> dict[str, Any]:
    stacks = _Stacks()
    queries = [_query(query, stacks) for query in report.queries]
    return {
        "version": VERSION,
        "trace": _trace(report.trace),
        "summary": {
            "queries": report.query_count,
            "query_ms": report.query_ms,
            "share": report.share,
            "duplicates": report.duplicates,
            "hints": len(report.hints),
            "silenced": len(report.silenced),
        },
        "hints": [_hint(hint) for hint in report.hints],
        "silenced": [_silenced(entry) for entry in report.silenced],
        "unused_ignores": [_comment(comment) for comment in report.unused_ignores],
        "groups": [_group(group) for group in report.groups],
        "queries": queries,
        "stacks": stacks.numbered,
        "frames": stacks.frames,
    }


class _Stacks:
    """Each frame and each stack once, in the order met."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.numbered: list[list[int]] = []
        self._frame_numbers: dict[int, int] = {}
        self._stack_numbers: dict[int, int] = {}

    def number(self, frames: tuple[Frame, ...]) -> int:
        # By identity: the frames are shared within a trace, and hashing a stack takes long.
        number = self._stack_numbers.get(id(frames))
        if number is None:
            number = self._stack_numbers[id(frames)] = len(self.numbered)
            self.numbered.append([self._frame_number(frame) for frame in frames])
        return number

    def _frame_number(self, frame: Frame) -> int:
        number = self._frame_numbers.get(id(frame))
        if number is None:
            number = self._frame_numbers[id(frame)] = len(self.frames)
            self.frames.append(asdict(frame))
        return number


def _trace(trace: Trace) -> dict[str, Any]:
    return {
        "id": trace.id,
        "kind": trace.kind,
        "deep": trace.is_deep,
        "name": trace.name,
        "started_at": trace.started_at.isoformat(),
        "duration_ms": trace.duration_ms,
        "status": trace.status,
        "dropped": trace.dropped,
        "method": trace.method,
        "path": trace.path,
        "view": trace.view,
        "url_name": trace.url_name,
        "error": trace.error,
        "tags": dict(trace.tags),
        "transactions": [asdict(transaction) for transaction in trace.transactions],
    }


def _query(query: Query, stacks: _Stacks) -> dict[str, Any]:
    return {
        "index": query.index,
        "sql": query.sql,
        "params": json_value(query.params),
        "alias": query.alias,
        "vendor": query.vendor,
        "started_ms": query.started_ms,
        "duration_ms": query.duration_ms,
        "rows": query.rows,
        "error": query.error,
        "in_transaction": query.in_transaction,
        "batch_size": query.batch_size,
        "kind": str(origin_of(query)),
        "model": query.construction.model if query.construction else None,
        "site": _site(query.site),
        "origin": _site(query.origin),
        "stack": stacks.number(query.frames),
    }


def _group(group: QueryGroup) -> dict[str, Any]:
    return {
        "site": _site(group.site),
        "fingerprint": group.fingerprint,
        "alias": group.alias,
        "count": group.count,
        "total_ms": group.total_ms,
        "duplicates": group.duplicates,
        "queries": [query.index for query in group.queries],
    }


def hint_to_dict(hint: Hint) -> dict[str, Any]:
    """All that does not depend on a trace: neither its queries nor what is saved in it."""
    return {
        "code": hint.code,
        "title": hint.title,
        "message": hint.message,
        "severity": str(hint.severity),
        "model": hint.model,
        "lookup": hint.lookup,
        "fix": hint.fix,
        "site": _site(hint.site),
        "sites": [_site(site) for site in hint.sites],
        "origin": _site(hint.origin),
        "certain": hint.certain,
        "docs": hint.docs,
        "imports": list(hint.imports),
        "instead": hint.instead,
        "replaces": hint.replaces,
        "model_site": _site(hint.model_site),
    }


def _hint(hint: Hint) -> dict[str, Any]:
    return {
        **hint_to_dict(hint),
        "queries": [query.index for query in hint.queries],
        "saving": {"queries": hint.saving.queries, "ms": hint.saving.ms},
    }


def _silenced(entry: SilencedHint) -> dict[str, Any]:
    return {
        "hint": _hint(entry.hint),
        "comments": [_comment(comment) for comment in entry.comments],
        "pattern": entry.pattern,
    }


def _comment(comment: IgnoreComment) -> dict[str, Any]:
    return {"file": comment.file, "line": comment.line, "codes": list(comment.codes)}


def _site(site: CallSite | None) -> dict[str, Any] | None:
    if site is None:
        return None
    return {
        "file": site.file,
        "line": site.line,
        "column": site.column,
        "function": site.function,
        "is_template": site.is_template,
    }


def json_value(value: Any) -> Any:
    """A parameter as JSON: bytes as base64, what JSON has no word for as its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, (Decimal, UUID, timedelta)):
        return str(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_value(item) for item in value]
    return _text(value)


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__}: {error}>"
