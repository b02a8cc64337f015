"""The list of traces: filtered by text, sorted, a page of it; and the header of one trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from orm_insight.model.summary import TraceSummary
from orm_insight.model.trace import Trace
from orm_insight.stores.base import KeptFor, Listed
from orm_insight.ui.format import clock, count, cut, duration, percent
from orm_insight.ui.kept import badges_of, imported_badge
from orm_insight.ui.list_pages import FoundPart, HintDigest, TraceRow
from orm_insight.ui.pages import TraceHeader
from orm_insight.ui.searching import folded, words_of

_FAILURE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A trace of the list, with its hints as far as they are known."""

    summary: TraceSummary
    kept_for: frozenset[KeptFor]
    digest: HintDigest | None

    @property
    def share(self) -> float:
        whole = self.summary.duration_ms
        return min(self.summary.query_ms / whole, 1.0) if whole else 0.0


# What the list can be sorted by; a minus in front turns the order round.
SORT_KEYS: dict[str, Callable[[Entry], Any]] = {
    "time": lambda entry: entry.summary.started_at,
    "name": lambda entry: (entry.summary.path or entry.summary.name, entry.summary.method or ""),
    "status": lambda entry: entry.summary.status or 0,
    "duration": lambda entry: entry.summary.duration_ms,
    "queries": lambda entry: entry.summary.queries,
    "database": lambda entry: entry.summary.query_ms,
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


def matching(
    listed: Sequence[Listed],
    text: str,
    kept_for: KeptFor | None,
    texts_of: Callable[[TraceSummary], Iterable[str]],
) -> list[Listed]:
    """Those in which every word is found: in method, path, view, name, status, kind, tags, host,
    why it is kept, and in what ``texts_of`` tells of its queries and hints.

    A process is asked for by ``pid:123``, or by its number alone.
    """
    words = words_of(text)

    def has_all(each: Listed) -> bool:
        left = [word for word in words if not _has(each, word)]
        texts = list(map(folded, texts_of(each.summary))) if left else []
        return all(any(word in told for told in texts) for word in left)

    return [
        each for each in listed if (kept_for is None or kept_for in each.kept_for) and has_all(each)
    ]


def _has(listed: Listed, word: str) -> bool:
    pid = listed.summary.pid
    return word in (f"pid:{pid}", str(pid)) or word in _searched(listed)


def _searched(listed: Listed) -> str:
    trace = listed.summary
    tags = (f"{key}:{value}\n{key}: {value}" for key, value in trace.tags.items())
    parts = (
        trace.name,
        trace.method,
        trace.path,
        trace.view,
        trace.status,
        trace.kind,
        trace.error,
        trace.host,
        "process",
        "imported" if trace.is_imported else None,
        "in depth" if trace.is_deep else None,
        *sorted(listed.kept_for - {"recent"}),
    )
    return folded("\n".join(str(part) for part in (*parts, *tags) if part is not None))


class RowAddress(Protocol):
    """Where a trace is shown, and where it is pinned."""

    def trace(self) -> str: ...

    def pin(self) -> str: ...


def row_of(
    entry: Entry, links: RowAddress, process: str, found: tuple[FoundPart, ...] = ()
) -> TraceRow:
    """``process`` is empty where all are of the same one."""
    trace = entry.summary
    return TraceRow(
        id=trace.id,
        url=links.trace(),
        pin_url=links.pin(),
        is_pinned="pinned" in entry.kept_for,
        kept_for=(*imported_badge(trace), *badges_of(entry.kept_for)),
        process=process,
        started_at=clock(trace.started_at),
        started_iso=trace.started_at.isoformat(),
        kind="" if trace.kind == "request" else trace.kind,
        is_deep=trace.is_deep,
        method=trace.method or "",
        name=cut(trace.path or trace.name, 300),
        view=cut(_view(trace), 200),
        status=_status(trace),
        is_failure=_is_failure(trace),
        duration=duration(trace.duration_ms),
        queries=count(trace.queries),
        query_time=duration(trace.query_ms),
        share=entry.share,
        share_text=percent(entry.share),
        hints=entry.digest,
        error=cut(trace.error or "", 200),
        found=found,
    )


def header_of(trace: Trace, url: str, span_url: str | None = None) -> TraceHeader:
    return TraceHeader(
        title=cut(trace.name, 120),
        method=trace.method or "",
        name=cut(trace.path or trace.name, 2_000),
        url=url,
        kind=trace.kind,
        view=cut(_view(trace), 300),
        status=_status(trace),
        is_failure=_is_failure(trace),
        is_deep=trace.is_deep,
        started_at=clock(trace.started_at),
        started_iso=trace.started_at.isoformat(),
        error=cut(trace.error or "", 2_000),
        tags=tuple(cut(f"{key}: {text}", 120) for key, text in trace.tags.items()),
        span_url=span_url or "",
    )


def _view(trace: Trace | TraceSummary) -> str:
    """A task is called as its code is: that is said once."""
    return "" if trace.view is None or trace.view == trace.name else trace.view


def _status(trace: Trace | TraceSummary) -> str:
    if trace.status is not None:
        return str(trace.status)
    return "failed" if trace.error else ""


def _is_failure(trace: Trace | TraceSummary) -> bool:
    return bool(trace.error) or (trace.status or 0) >= _FAILURE
