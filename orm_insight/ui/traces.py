"""The list of traces: filtered by text, sorted, a page of it; and the header of one trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Trace
from orm_insight.ui.format import clock, count, cut, duration, percent
from orm_insight.ui.pages import HintDigest, TraceHeader, TraceRow

_FAILURE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A trace with the numbers that the list sorts by."""

    trace: Trace
    queries: int
    query_ms: float
    digest: HintDigest | None

    @property
    def share(self) -> float:
        whole = self.trace.duration_ms
        return min(self.query_ms / whole, 1.0) if whole else 0.0


def entry_of(trace: Trace, digest: HintDigest | None) -> Entry:
    return Entry(
        trace=trace,
        queries=len(trace.queries) + trace.dropped,
        query_ms=query_ms(trace),
        digest=digest,
    )


def query_ms(trace: Trace) -> float:
    """Time in the database, without making a query of each row."""
    kept = trace.queries
    total = kept.total_ms if isinstance(kept, QueryLog) else sum(q.duration_ms for q in kept)
    return total + sum(entry.total_ms for entry in trace.overflow)


# What the list can be sorted by; a minus in front turns the order round.
SORT_KEYS: dict[str, Callable[[Entry], Any]] = {
    "time": lambda entry: entry.trace.started_at,
    "name": lambda entry: (entry.trace.path or entry.trace.name, entry.trace.method or ""),
    "status": lambda entry: entry.trace.status or 0,
    "duration": lambda entry: entry.trace.duration_ms,
    "queries": lambda entry: entry.queries,
    "database": lambda entry: entry.query_ms,
    "share": lambda entry: entry.share,
    "hints": lambda entry: -1 if entry.digest is None else entry.digest.count,
}
NEWEST_FIRST = "-time"


def is_sort(text: str) -> bool:
    return text.removeprefix("-") in SORT_KEYS


def ordered(entries: Iterable[Entry], sort: str) -> list[Entry]:
    """Stable: what is equal stays newest first."""
    key = SORT_KEYS[sort.removeprefix("-")]
    return sorted(entries, key=key, reverse=sort.startswith("-"))


def matching(traces: Sequence[Trace], text: str) -> list[Trace]:
    """The traces in which every word is found: in method, path, view, name, status, kind, tags."""
    words = text.casefold().split()
    return [trace for trace in traces if all(word in _searched(trace) for word in words)]


def _searched(trace: Trace) -> str:
    tags = (f"{key}:{value}" for key, value in trace.tags.items())
    parts = (
        trace.name,
        trace.method,
        trace.path,
        trace.view,
        trace.status,
        trace.kind,
        trace.error,
    )
    return _folded("\n".join(str(part) for part in (*parts, *tags) if part is not None))


@lru_cache(maxsize=1024)
def _folded(text: str) -> str:
    return text.casefold()


def row_of(entry: Entry, url: str) -> TraceRow:
    trace = entry.trace
    return TraceRow(
        url=url,
        started_at=clock(trace.started_at),
        started_iso=trace.started_at.isoformat(),
        kind="" if trace.kind == "request" else trace.kind,
        is_deep=trace.is_deep,
        method=trace.method or "",
        name=cut(trace.path or trace.name, 300),
        view=cut(trace.view or "", 200),
        status="" if trace.status is None else str(trace.status),
        is_failure=_is_failure(trace),
        duration=duration(trace.duration_ms),
        queries=count(entry.queries),
        query_time=duration(entry.query_ms),
        share=entry.share,
        share_text=percent(entry.share),
        hints=entry.digest,
        error=cut(trace.error or "", 200),
    )


def header_of(trace: Trace, url: str) -> TraceHeader:
    return TraceHeader(
        title=cut(trace.name, 120),
        method=trace.method or "",
        name=cut(trace.path or trace.name, 2_000),
        url=url,
        kind=trace.kind,
        view=cut(trace.view or "", 300),
        status="" if trace.status is None else str(trace.status),
        is_failure=_is_failure(trace),
        is_deep=trace.is_deep,
        started_at=clock(trace.started_at),
        started_iso=trace.started_at.isoformat(),
        error=cut(trace.error or "", 2_000),
    )


def _is_failure(trace: Trace) -> bool:
    return bool(trace.error) or (trace.status or 0) >= _FAILURE
