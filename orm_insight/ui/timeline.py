"""When the statements ran: a lane for each of the costliest groups, drawn as one path each.

Above them a lane for the transactions of each connection, from BEGIN to the end of COMMIT.

Neighbours closer than a pixel become one bar, so that ten thousand queries stay a small page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import escape

from orm_insight.analysis.groups import QueryGroup
from orm_insight.analysis.report import Report
from orm_insight.model.surroundings import Transaction, TransactionOutcome
from orm_insight.model.trace import Query
from orm_insight.ui.contexts import Timeline, TimelineLane, TransactionLane
from orm_insight.ui.format import counted, duration, queries
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_line

WIDTH = 1000
_LANES = 8
_BINS = 500
_TICKS = 4


def timeline(report: Report, sources: Sources) -> Timeline | None:
    """``None`` where there is nothing to draw."""
    transactions = report.trace.transactions
    timed: tuple[Query | Transaction, ...] = (*report.queries, *transactions)
    ends = (ran.started_ms + ran.duration_ms for ran in timed)
    whole = max(report.trace.duration_ms, *ends, 0.0)
    if not report.queries or whole <= 0:
        return None
    first, rest = report.groups[:_LANES], report.groups[_LANES:]
    lanes = [_lane(group, whole, sources) for group in first]
    if others := tuple(query for group in rest for query in group.queries):
        lanes.append(_lane_of_others(len(rest), others, whole))
    ticks = tuple((WIDTH * i / _TICKS, duration(whole * i / _TICKS)) for i in range(_TICKS + 1))
    return Timeline(
        lanes=tuple(lanes),
        ticks=ticks,
        transactions=tuple(_transaction_lanes(transactions, whole)),
    )


def _transaction_lanes(
    transactions: Sequence[Transaction], whole: float
) -> Iterator[TransactionLane]:
    """One for each alias; what was rolled back is a path of its own."""
    for alias in dict.fromkeys(transaction.alias for transaction in transactions):
        of_alias = [transaction for transaction in transactions if transaction.alias == alias]
        undone = [ran for ran in of_alias if ran.outcome == "rolled back"]
        yield TransactionLane(
            alias=alias,
            summary=_outcomes(of_alias),
            path=_path((ran for ran in of_alias if ran not in undone), whole),
            rolled_back=_path(undone, whole),
        )


def _outcomes(transactions: Sequence[Transaction]) -> str:
    if len(transactions) == 1:
        ran = transactions[0]
        end = duration(ran.started_ms + ran.duration_ms)
        return f"{ran.outcome}, from {duration(ran.started_ms)} to {end}"
    order: tuple[TransactionOutcome, ...] = ("committed", "rolled back", "open")
    counts = ((outcome, sum(ran.outcome == outcome for ran in transactions)) for outcome in order)
    total = sum(ran.duration_ms for ran in transactions)
    return ", ".join(
        [*(f"{count:,} {outcome}" for outcome, count in counts if count), duration(total)]
    )


def _lane(group: QueryGroup, whole: float, sources: Sources) -> TimelineLane:
    return TimelineLane(
        label=sql_line(group.queries[0].sql if group.queries else group.fingerprint),
        place=sources.place(group.site, with_excerpt=False) if group.site else None,
        summary=f"{queries(group.count)}, {duration(group.total_ms)}",
        path=_path(group.queries, whole),
    )


def _lane_of_others(groups: int, others: tuple[Query, ...], whole: float) -> TimelineLane:
    total = sum(query.duration_ms for query in others)
    return TimelineLane(
        label=escape(counted(groups, "other group")),
        place=None,
        summary=f"{queries(len(others))}, {duration(total)}",
        path=_path(others, whole),
    )


def _path(chosen: Iterable[Query | Transaction], whole: float) -> str:
    """Rectangles from top to bottom of the lane, as the ``d`` of a path."""
    scale = WIDTH / _BINS
    return "".join(
        f"M{begin * scale:g} 0h{(end - begin) * scale:g}v10h-{(end - begin) * scale:g}z"
        for begin, end in _merged(_intervals(chosen, whole))
    )


def _intervals(chosen: Iterable[Query | Transaction], whole: float) -> list[tuple[int, int]]:
    intervals = []
    for ran in chosen:
        begin = min(int(ran.started_ms / whole * _BINS), _BINS - 1)
        end = round((ran.started_ms + ran.duration_ms) / whole * _BINS)
        intervals.append((max(begin, 0), min(max(end, begin + 1), _BINS)))
    return sorted(intervals)


def _merged(intervals: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    if not intervals:
        return
    begin, end = intervals[0]
    for next_begin, next_end in intervals[1:]:
        if next_begin <= end:
            end = max(end, next_end)
        else:
            yield begin, end
            begin, end = next_begin, next_end
    yield begin, end
