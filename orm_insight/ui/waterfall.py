"""A trace as rows in order of time: what ran, how often and how long, and when nothing did.

What loops have repeated is one row, a pause that matters is one of its own. Bounded: the costliest
rows keep their place, those between them are summed up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nlargest
from typing import TypeAlias

from orm_insight.analysis.elapsed import Elapsed, Span, end_of, merged
from orm_insight.analysis.report import Report
from orm_insight.analysis.sequences import Block, fold
from orm_insight.ui.links import Links
from orm_insight.ui.source import Sources
from orm_insight.ui.time_contexts import FlowRow, Waterfall
from orm_insight.ui.time_parts import overlap_note, time_parts
from orm_insight.ui.timescale import Timescale
from orm_insight.ui.transactions import transaction_lanes
from orm_insight.ui.waterfall_rows import Dropped, Event, Pause, WaterfallRows

MAX_ROWS = 60
MAX_LEADING = 28
MIN_LEADING = 10
MIN_PAUSE_SHARE = 0.01
MIN_PAUSE_MS = 1.0
_LEADING_SHARE = 0.002

_Entry: TypeAlias = tuple[float, float, Event]
"""When it began, what it took, and what it was."""


def waterfall(report: Report, links: Links, sources: Sources, spent: Elapsed) -> Waterfall:
    scale = Timescale(spent.whole_ms)
    rows = WaterfallRows(report, links, sources, scale)
    entries = sorted(_entries(report, spent), key=lambda entry: entry[0])
    return Waterfall(
        parts=time_parts(spent),
        note=overlap_note(report, spent),
        ticks=scale.ticks(),
        grid=scale.grid(),
        transactions=transaction_lanes(report.trace.transactions, scale),
        rows=tuple(_shown(entries, _leading(entries, spent.whole_ms), rows)),
    )


def _entries(report: Report, spent: Elapsed) -> Iterator[_Entry]:
    blocks = fold(report.queries, report.groups)
    at_work = [(block.started_ms, block.ended_ms) for block in blocks]
    yield from [(block.started_ms, block.total_ms, block) for block in blocks]
    least = max(MIN_PAUSE_MS, MIN_PAUSE_SHARE * spent.whole_ms)
    for transaction in report.trace.transactions:
        at_work.append(end_of(transaction))
        if transaction.end_ms >= least:
            yield at_work[-1][0], transaction.end_ms, transaction
    busy = merged(at_work)
    has_dropped = report.trace.dropped > 0
    for begin, end in _between(busy, busy[-1][1] if has_dropped else spent.whole_ms):
        if end - begin >= least:
            yield begin, end - begin, Pause(span=(begin, end))
    if has_dropped:
        # They came after what was kept, and nobody knows when.
        total_ms = sum(entry.total_ms for entry in report.trace.overflow)
        yield busy[-1][1], total_ms, Dropped(span=(busy[-1][1], spent.whole_ms))


def _between(spans: Iterable[Span], whole: float) -> Iterator[Span]:
    last = 0.0
    for begin, end in spans:
        yield last, begin
        last = end
    yield last, whole


def _leading(entries: list[_Entry], whole: float) -> set[int]:
    """Which of very many entries have rows: the costliest, as far as they stand out."""
    if len(entries) <= MAX_ROWS:
        return set(range(len(entries)))
    ranked = nlargest(MAX_LEADING, range(len(entries)), key=lambda at: entries[at][1])
    return {
        at
        for rank, at in enumerate(ranked)
        if rank < MIN_LEADING or entries[at][1] >= _LEADING_SHARE * whole
    }


def _shown(entries: list[_Entry], chosen: set[int], rows: WaterfallRows) -> Iterator[FlowRow]:
    """The chosen ones, and of those between them a sum."""
    hidden: list[Event] = []
    for at, (_, _, event) in enumerate(entries):
        if at not in chosen:
            hidden.append(event)
            continue
        yield from _summed(hidden, rows)
        hidden = []
        yield rows.row(event)
    yield from _summed(hidden, rows)


def _summed(hidden: list[Event], rows: WaterfallRows) -> Iterator[FlowRow]:
    blocks = [event for event in hidden if isinstance(event, Block)]
    if len(hidden) == 1:
        yield rows.row(hidden[0])
    elif blocks:
        yield rows.rest(blocks)
