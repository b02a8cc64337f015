"""Puts the list of traces together: what is asked for, what is shown, what is worth a warning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from orm_insight import insight
from orm_insight.conf import get_config
from orm_insight.dashboard.digests import digests
from orm_insight.dashboard.links import TraceLinks, address, with_query
from orm_insight.dashboard.responses import shell_of
from orm_insight.model.trace import Trace
from orm_insight.ui.contexts import Fact
from orm_insight.ui.format import bytes_size, count, counted
from orm_insight.ui.pages import Column, TraceListPage, TraceTable
from orm_insight.ui.traces import (
    NEWEST_FIRST,
    Entry,
    entry_of,
    is_sort,
    matching,
    ordered,
    row_of,
)

PAGE_SIZE = 50
_MAX_TEXT = 200

# Title, sort key, class; a click on text sorts upwards, on numbers downwards.
_COLUMNS = (
    ("When", "-time", "oi-cell-when"),
    ("Request", "name", "oi-cell-main"),
    ("Status", "-status", "oi-cell-status"),
    ("Hints", "-hints", "oi-cell-hints"),
    ("Queries", "-queries", "oi-number"),
    ("Database", "-database", "oi-number"),
    ("Share", "-share", "oi-cell-share"),
    ("Total", "-duration", "oi-number"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address says: words to look for, the order, the page from 1."""

    text: str = ""
    sort: str = NEWEST_FIRST
    page: int = 1

    @classmethod
    def of(cls, parameters: QueryDict) -> Asked:
        """What makes no sense is as if it were not there."""
        sort, page = parameters.get("sort", ""), parameters.get("page", "")
        return cls(
            text=parameters.get("q", "")[:_MAX_TEXT].strip(),
            sort=sort if is_sort(sort) else NEWEST_FIRST,
            page=max(int(page), 1) if page.isdecimal() and len(page) < 6 else 1,
        )

    def url(self, *, sort: str | None = None, page: int = 1) -> str:
        chosen = sort or self.sort
        return with_query(
            address("traces"),
            q=self.text,
            sort=None if chosen == NEWEST_FIRST else chosen,
            page=None if page == 1 else page,
        )


def list_page(request: HttpRequest, asked: Asked) -> TraceListPage:
    return TraceListPage(
        shell=shell_of(request),
        table=trace_table(asked),
        text=asked.text,
        sort="" if asked.sort == NEWEST_FIRST else asked.sort,
        facts=tuple(_facts()),
        warnings=tuple(_warnings()),
        clear_url=address("clear"),
        json_url=with_query(address("traces-json"), q=asked.text),
    )


def trace_table(asked: Asked) -> TraceTable:
    traces = insight.recent()
    found = entries(traces, asked)
    first = (asked.page - 1) * PAGE_SIZE
    shown = found[first : first + PAGE_SIZE]
    waiting = sum(entry.digest is None for entry in shown)
    has_next = first + PAGE_SIZE < len(found)
    return TraceTable(
        columns=tuple(_columns(asked)),
        rows=tuple(row_of(entry, TraceLinks(entry.trace.id).trace()) for entry in shown),
        found=_found(len(found), len(traces), asked),
        pending=f"{counted(waiting, 'trace')} still to be analysed." if waiting else "",
        empty="Nothing here matches." if traces else "",
        previous_url=asked.url(page=asked.page - 1) if asked.page > 1 else None,
        next_url=asked.url(page=asked.page + 1) if has_next else None,
        has_traces=bool(traces),
    )


def entries(traces: tuple[Trace, ...], asked: Asked) -> list[Entry]:
    """What was found, in order, after as much analysis as one request may do."""
    found = matching(traces, asked.text)
    if asked.sort.endswith("hints"):
        digests.work(found)
        return ordered(_entries(found), asked.sort)
    first = (asked.page - 1) * PAGE_SIZE
    in_order = [entry.trace for entry in ordered(_entries(found), asked.sort)]
    digests.work(in_order[first : first + PAGE_SIZE])
    return _entries(in_order)


def _entries(traces: list[Trace]) -> list[Entry]:
    known = ((trace, digests.get(trace)) for trace in traces)
    return [entry_of(trace, digest.line if digest else None) for trace, digest in known]


def _columns(asked: Asked) -> Iterator[Column]:
    for title, first_sort, css in _COLUMNS:
        key = first_sort.removeprefix("-")
        is_active = asked.sort.removeprefix("-") == key
        turned = key if asked.sort.startswith("-") else f"-{key}"
        yield Column(
            title=title,
            url=asked.url(sort=turned if is_active else first_sort),
            order=_order(asked.sort) if is_active else "",
            css=css,
        )


def _order(sort: str) -> str:
    return "descending" if sort.startswith("-") else "ascending"


def _found(found: int, total: int, asked: Asked) -> str:
    return f"{count(found)} of {counted(total, 'trace')}" if asked.text else counted(total, "trace")


def _facts() -> Iterator[Fact]:
    config, statistics = get_config(), insight.status().statistics
    yield Fact(
        label="Kept",
        value=count(statistics.traces),
        note=f"of {counted(config.max_traces, 'trace')}",
        bar=min(statistics.traces / config.max_traces, 1.0),
    )
    yield Fact(
        label="Memory",
        value=bytes_size(statistics.bytes),
        note=f"of {bytes_size(config.max_bytes)}",
        bar=min(statistics.bytes / config.max_bytes, 1.0),
    )
    if statistics.evicted:
        yield Fact(label="Made room", value=count(statistics.evicted), note="older traces")


def _warnings() -> Iterator[str]:
    status = insight.status()
    if status.statistics.rejected:
        too_large = counted(status.statistics.rejected, "trace")
        yield f"{too_large} too large for the memory that MAX_BYTES allows: not kept."
    if status.not_explained:
        yield (
            f"{counted(status.not_explained, 'slow query', 'slow queries')} not explained: more "
            "than EXPLAIN_SLOW_PER_MINUTE allows."
        )
    for hook in status.missing_hooks:
        yield f"Capture runs without a hook that does not fit this Django: {hook}."
    for fault, times in status.faults.items():
        yield f"A failure of orm_insight, {times:,}\N{MULTIPLICATION SIGN}: failed to {fault}"
