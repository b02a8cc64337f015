"""A report as Chrome trace events, which Perfetto, speedscope and chrome://tracing open.

Pure: a report comes in, JSON-native values go out. Times are whole microseconds from the start of
the trace: rounded like this, what was inside of something stays inside.
See https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from orm_insight.analysis.origins import origin_of
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.model.trace import Query, Trace, Transaction
from orm_insight.reports.report import Report, json_value
from orm_insight.sql.fingerprint import fingerprint, name_of

_PROCESS = 1


@dataclass(slots=True, kw_only=True)
class _Span:
    """Something that took time; ``query`` is the index of a statement."""

    start: int
    end: int
    name: str
    category: str
    args: dict[str, Any]
    query: int | None = None


@dataclass(slots=True)
class _Lane:
    """One track: each span lies inside of those that are open on it, or after all of them."""

    spans: list[_Span] = field(default_factory=list)
    open: list[_Span] = field(default_factory=list)

    def takes(self, span: _Span) -> bool:
        """Spans come in order of their start, the longer ones first."""
        while self.open and self.open[-1].end <= span.start:
            self.open.pop()
        if self.open and self.open[-1].end < span.end:
            return False
        self.open.append(span)
        self.spans.append(span)
        return True


def chrome_trace(report: Report) -> dict[str, Any]:
    """The "JSON Object Format": a track for each database, more where statements overlap.

    Statements lie inside of their transactions, and those of the database that was asked first
    inside of the trace itself.
    """
    trace = report.trace
    events = [_metadata("process_name", 0, f"orm_insight: {trace.name}")]
    places: dict[int, _Placed] = {}
    for track, (name, lane) in enumerate(_tracks(report), start=1):
        events.append(_metadata("thread_name", track, name))
        events.append(_metadata("thread_sort_index", track, track))
        for span in lane.spans:
            events.append(_complete(span, track))
            if span.query is not None:
                places[span.query] = _Placed(track, span.start)
    events += [_instant(hint, places) for hint in report.hints]
    return {
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {
            "producer": "orm_insight",
            "trace": trace.id,
            "started_at": trace.started_at.isoformat(),
        },
    }


@dataclass(frozen=True, slots=True)
class _Placed:
    """The place at which a statement is drawn."""

    track: int
    start: int


def _tracks(report: Report) -> Iterator[tuple[str, _Lane]]:
    """Names and lanes, in order: those of one database follow each other."""
    spans = _spans_by_alias(report)
    # In front of a statement that takes as long: it lies inside.
    spans[next(iter(spans), "")].insert(0, _request(report))
    for alias, found in spans.items():
        for number, lane in zip(count(1), _lanes(found), strict=False):
            name = alias or report.trace.kind
            yield (name if number == 1 else f"{name} ({number})"), lane


def _lanes(spans: Iterable[_Span]) -> list[_Lane]:
    """As few as it takes for the spans of each to nest: parallel statements lie side by side."""
    lanes: list[_Lane] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not any(lane.takes(span) for lane in lanes):
            lanes.append(_Lane())
            lanes[-1].takes(span)
    return lanes


def _spans_by_alias(report: Report) -> dict[str, list[_Span]]:
    spans: dict[str, list[_Span]] = defaultdict(list)
    codes: dict[int, list[str]] = defaultdict(list)
    for hint in report.hints:
        for query in hint.queries:
            codes[query.index].append(hint.code)
    for query in report.queries:
        spans[query.alias].append(_query(query, codes.get(query.index, [])))
    for transaction in report.trace.transactions:
        spans[transaction.alias].append(_transaction(transaction))
    return spans


def _request(report: Report) -> _Span:
    trace = report.trace
    return _Span(
        start=0,
        end=_micro(trace.duration_ms),
        name=trace.name,
        category=trace.kind,
        args=_given(
            {
                "id": trace.id,
                "status": trace.status,
                "view": trace.view,
                "url_name": trace.url_name,
                "error": trace.error,
                "tags": dict(trace.tags),
                "started_at": trace.started_at.isoformat(),
                "queries": report.query_count,
                "query_ms": report.query_ms,
                "not_kept": trace.dropped,
                **_origin_of_trace(trace),
            }
        ),
    )


def _origin_of_trace(trace: Trace) -> dict[str, Any]:
    return {"host": trace.host, "pid": trace.pid, "imported": trace.is_imported}


def _query(query: Query, codes: list[str]) -> _Span:
    start = _micro(query.started_ms)
    return _Span(
        start=start,
        end=max(_micro(query.started_ms + query.duration_ms), start),
        name=name_of(query.sql, query.vendor),
        category="db.query",
        query=query.index,
        args=_given(
            {
                "index": query.index,
                "sql": query.sql,
                "params": json_value(query.params),
                "rows": query.rows,
                "duration_ms": query.duration_ms,
                "batch_size": query.batch_size,
                "error": query.error,
                "site": _location(query.site),
                "function": query.site.function if query.site else None,
                "built_at": _location(query.origin),
                "issued_by": str(origin_of(query)),
                "fingerprint": fingerprint(query.sql),
                "database": query.alias,
                "vendor": query.vendor,
                "in_transaction": query.in_transaction,
                "hints": codes,
            }
        ),
    )


def _transaction(transaction: Transaction) -> _Span:
    start = _micro(transaction.started_ms)
    return _Span(
        start=start,
        end=max(_micro(transaction.started_ms + transaction.duration_ms), start),
        name=f"transaction, {transaction.outcome}",
        category="db.transaction",
        args={
            "outcome": transaction.outcome,
            "duration_ms": transaction.duration_ms,
            "end_ms": transaction.end_ms,
        },
    )


def _instant(hint: Hint, places: dict[int, _Placed]) -> dict[str, Any]:
    """A mark where the first statement of a hint is."""
    at = places.get(hint.queries[0].index) if hint.queries else None
    return {
        "name": f"{hint.code} {hint.title}",
        "cat": "hint",
        "ph": "i",
        "s": "t",
        "ts": at.start if at else 0,
        "pid": _PROCESS,
        "tid": at.track if at else 1,
        "args": _given(
            {
                "code": hint.code,
                "severity": str(hint.severity),
                "message": hint.message,
                "fix": hint.fix,
                "certain": hint.certain,
                "site": _location(hint.site),
                "origin": _location(hint.origin),
                "queries": [query.index for query in hint.queries],
                "saved_queries": hint.saving.queries,
                "saved_ms": hint.saving.ms,
            }
        ),
    }


def _complete(span: _Span, track: int) -> dict[str, Any]:
    return {
        "name": span.name,
        "cat": span.category,
        "ph": "X",
        "ts": span.start,
        "dur": span.end - span.start,
        "pid": _PROCESS,
        "tid": track,
        "args": span.args,
    }


def _metadata(name: str, track: int, value: str | int) -> dict[str, Any]:
    key = "sort_index" if isinstance(value, int) else "name"
    args = {key: value}
    return {"name": name, "ph": "M", "ts": 0, "pid": _PROCESS, "tid": track, "args": args}


def _micro(milliseconds: float) -> int:
    """Never before the trace: its first statement may have begun with it."""
    return max(round(milliseconds * 1_000), 0)


def _location(site: CallSite | None) -> str | None:
    return site.location if site else None


def _given(args: dict[str, Any]) -> dict[str, Any]:
    """The arguments that are known and not empty."""
    return {key: value for key, value in args.items() if value not in (None, "", [], {})}
