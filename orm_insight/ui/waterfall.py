"""A trace as rows in order of time: what ran, how often and how long, and when nothing did.

What loops have repeated is one row, a pause that matters is one of its own. Bounded: the costliest
rows keep their place, those between them are summed up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import TypeAlias

from markupsafe import Markup, escape

from orm_insight.analysis.sequences import Block, Member, fold
from orm_insight.analysis.timeline import (
    Breakdown,
    Elapsed,
    Part,
    Span,
    break_down,
    elapsed,
    end_of,
    ended_ms,
    length,
    merged,
)
from orm_insight.model.trace import Query, Transaction, TransactionOutcome
from orm_insight.reports.report import Report
from orm_insight.sql.fingerprint import summary
from orm_insight.ui.components import Place, QueryLink
from orm_insight.ui.format import count, counted, cut, display_path, duration, moment, percent
from orm_insight.ui.links import Links
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_line
from orm_insight.ui.time_components import (
    WIDTH,
    FlowRow,
    LoopMember,
    PlaceTime,
    PlaceTimes,
    TimePart,
    Timescale,
    TimeSpent,
    TransactionLane,
    Waterfall,
)

# The time of a trace by file and by line of a template, as rows of two tables.

MAX_PLACES = 10


def time_spent(report: Report, links: Links, sources: Sources) -> TimeSpent | None:
    """``None`` where there is nothing to draw."""
    spent = elapsed(report.trace, report.queries)
    if not report.queries or spent.whole_ms <= 0:
        return None
    found = break_down(report.groups, spent)
    lines = [_line(part, sources) for part in found.template_lines[:MAX_PLACES]]
    return TimeSpent(
        waterfall=waterfall(report, links, sources, spent),
        modules=PlaceTimes(
            rows=tuple(_modules(found)), more=_more_parts(found.modules[MAX_PLACES:], "file")
        ),
        template_lines=PlaceTimes(
            rows=tuple(lines), more=_more_parts(found.template_lines[MAX_PLACES:], "line")
        ),
    )


def _modules(found: Breakdown) -> Iterator[PlaceTime]:
    """The files, and among them at its place what the application has taken for itself."""
    own = PlaceTime(
        place=None,
        name="Python, templates and waiting",
        note="no statement ran",
        count="",
        total=duration(found.application_ms),
        share=found.application_share,
        share_text=percent(found.application_share),
    )
    is_told = False
    for part in found.modules[:MAX_PLACES]:
        if not is_told and part.total_ms <= found.application_ms:
            yield own
            is_told = True
        yield _module(part)
    if not is_told:
        yield own


def _module(part: Part) -> PlaceTime:
    row = _row(part)
    if part.site is None:
        return replace(row, name="Outside your code")
    return replace(row, name=display_path(part.site.file), note=counted(part.lines, "line"))


def _line(part: Part, sources: Sources) -> PlaceTime:
    row = _row(part)
    return replace(row, place=sources.place(part.site, with_excerpt=False)) if part.site else row


def _row(part: Part) -> PlaceTime:
    return PlaceTime(
        place=None,
        name="",
        note="",
        count=count(part.count),
        total=duration(part.total_ms),
        share=part.share,
        share_text=percent(part.share),
    )


def _more_parts(others: Sequence[Part], noun: str) -> str:
    if not others:
        return ""
    total = duration(sum(part.total_ms for part in others))
    return f"{counted(len(others), f'more {noun}')}, {total}"


# The time of a trace in one line: statements, ends of transactions, the rest.

_NOTICEABLE = 1.01


def time_parts(spent: Elapsed) -> tuple[TimePart, ...]:
    """Side by side; together they are the whole."""
    return tuple(_placed(spent))


def _placed(spent: Elapsed) -> Iterator[TimePart]:
    x = 0.0
    for kind, label, part_ms in (
        ("database", "Queries", spent.database_ms),
        ("ending", "COMMIT and ROLLBACK", spent.ending_ms),
        ("application", "Application", spent.application_ms),
    ):
        share = part_ms / spent.whole_ms
        if part_ms > 0 or kind != "ending":
            yield TimePart(
                kind=kind,
                label=label,
                value=duration(part_ms),
                share=percent(share),
                x=f"{x * WIDTH:.1f}",
                width=f"{share * WIDTH:.1f}",
            )
        x += share


def overlap_note(report: Report, spent: Elapsed) -> str:
    """Why the statements took longer than the database was at work."""
    if report.query_ms <= spent.database_ms * _NOTICEABLE:
        return ""
    return (
        f"Queries ran concurrently: one after another they would have taken "
        f"{duration(report.query_ms)}."
    )


# The transactions of a trace in time: a lane for each alias, from BEGIN to the end of COMMIT.

_ORDER: tuple[TransactionOutcome, ...] = ("committed", "rolled back", "open")


def transaction_lanes(
    transactions: Sequence[Transaction], scale: Timescale
) -> tuple[TransactionLane, ...]:
    """Return a lane for each database; rolled back transactions are a path of their own."""
    return tuple(
        _lane(alias, [ran for ran in transactions if ran.alias == alias], scale)
        for alias in dict.fromkeys(ran.alias for ran in transactions)
    )


def _lane(alias: str, transactions: list[Transaction], scale: Timescale) -> TransactionLane:
    undone = [ran for ran in transactions if ran.outcome == "rolled back"]
    others = [ran for ran in transactions if ran.outcome != "rolled back"]
    return TransactionLane(
        alias=alias,
        summary=_outcomes(transactions),
        path=scale.path((ran.started_ms, ended_ms(ran)) for ran in others),
        rolled_back=scale.path((ran.started_ms, ended_ms(ran)) for ran in undone),
    )


def _outcomes(transactions: Sequence[Transaction]) -> str:
    if len(transactions) == 1:
        ran = transactions[0]
        span = f"from {moment(ran.started_ms)} to {moment(ended_ms(ran))}"
        return f"{ran.outcome}, {span}"
    counts = ((outcome, sum(ran.outcome == outcome for ran in transactions)) for outcome in _ORDER)
    total = sum(ran.duration_ms for ran in transactions)
    return ", ".join(
        [*(f"{count:,} {outcome}" for outcome, count in counts if count), duration(total)]
    )


# The rows of a waterfall, one by one, in words and as shapes.

MAX_MEMBERS = 12
_MAX_SUMMARY = 200
_TOO_SHORT_TO_TELL_MS = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing ran: Python, templates, waiting for others."""

    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Statements over the limit of a trace: they ran somewhere in ``span``."""

    span: Span


Event: TypeAlias = Block | Transaction | Pause | Dropped
"""An event that may have a row. A transaction stands for the statement that ended it."""


class WaterfallRows:
    """Makes the rows of one trace."""

    def __init__(self, report: Report, links: Links, sources: Sources, scale: Timescale) -> None:
        self._report = report
        self._links = links
        self._sources = sources
        self._scale = scale
        self._has_aliases = len({group.alias for group in report.groups}) > 1

    def row(self, event: Event) -> FlowRow:
        match event:
            case Block():
                return self._block(event)
            case Transaction():
                return self._ending(event)
            case Pause():
                return self._pause(event)
            case Dropped():
                return self._dropped(event)

    def rest(self, blocks: Sequence[Block]) -> FlowRow:
        number = sum(block.count for block in blocks)
        return FlowRow(
            kind="rest",
            title=f"and {counted(number, 'more statement')}",
            at=moment(blocks[0].started_ms),
            count=count(number),
            time=duration(sum(block.total_ms for block in blocks)),
            path=self._scale.path((block.started_ms, block.ended_ms) for block in blocks),
            url=self._links.queries(offset=min(block.first for block in blocks)),
        )

    def _block(self, block: Block) -> FlowRow:
        ran = self._report.queries[block.first : block.last + 1]
        return self._single(block, ran[0]) if block.count == 1 else self._loop(block, ran)

    def _pause(self, pause: Pause) -> FlowRow:
        begin, end = pause.span
        return FlowRow(
            kind="application",
            title="application",
            at=moment(begin),
            time=duration(end - begin),
            span=self._scale.bracket(begin, end),
        )

    def _ending(self, transaction: Transaction) -> FlowRow:
        """The last statement of a transaction, which is where the database writes to disk."""
        verb = "ROLLBACK" if transaction.outcome == "rolled back" else "COMMIT"
        return FlowRow(
            kind="ending",
            title=f"{verb} on {transaction.alias}",
            at=moment(end_of(transaction)[0]),
            time=duration(transaction.end_ms),
            path=self._scale.path([end_of(transaction)]),
        )

    def _dropped(self, dropped: Dropped) -> FlowRow:
        trace = self._report.trace
        return FlowRow(
            kind="dropped",
            title=f"{counted(trace.dropped, 'more statement')}, above the limit per trace",
            at=moment(dropped.span[0]),
            count=count(trace.dropped),
            time=duration(sum(entry.total_ms for entry in trace.overflow)),
            span=self._scale.bracket(*dropped.span),
        )

    def _single(self, block: Block, query: Query) -> FlowRow:
        return FlowRow(
            kind="statement",
            place=self._place(block.members[0]),
            sql=sql_line(query.sql),
            at=moment(block.started_ms),
            count="1",
            time=duration(block.total_ms),
            tags=self._tags(block, [query]),
            failed="failed" if query.error else "",
            path=self._scale.path([(block.started_ms, block.ended_ms)]),
            url=self._links.query(query.index),
            link=f"Open query {query.index}",
            load_url=self._links.query(query.index),
        )

    def _loop(self, block: Block, ran: Sequence[Query]) -> FlowRow:
        spans = merged((query.started_ms, query.started_ms + query.duration_ms) for query in ran)
        failed = sum(query.error is not None for query in ran)
        shown = block.members[:MAX_MEMBERS]
        several = len(block.members) > 1
        return FlowRow(
            kind="loop",
            title=_repetition(block) if several else "",
            place=self._place(block.members[0]),
            sql=self._summaries(shown) if several else sql_line(ran[0].sql),
            at=moment(block.started_ms),
            count=f"\N{MULTIPLICATION SIGN} {block.count:,}",
            time=duration(block.total_ms),
            note=_between_them(block, spans),
            tags=self._tags(block, ran),
            failed=f"{failed:,} failed" if failed else "",
            span=self._scale.path([(block.started_ms, block.ended_ms)]),
            path=self._scale.path(spans),
            members=tuple(self._member(member) for member in shown),
            more_members=_more_statements(len(block.members) - len(shown)),
            url=self._links.queries(offset=block.first),
            link=f"Queries in order, from {block.first:,} on",
        )

    def _member(self, member: Member) -> LoopMember:
        return LoopMember(
            place=self._place(member),
            sql=sql_line(self._report.queries[member.first].sql),
            count=count(member.count),
            total=duration(member.total_ms),
            average=duration(member.total_ms / member.count),
            slowest=QueryLink(index=member.slowest, url=self._links.query(member.slowest)),
            queries_url=self._links.queries(group=member.group),
        )

    def _place(self, member: Member) -> Place | None:
        site = self._report.groups[member.group].site
        return self._sources.place(site, with_excerpt=False) if site else None

    def _summaries(self, members: Sequence[Member]) -> Markup:
        texts = [summary(self._report.queries[member.first].sql) for member in members]
        return escape(cut(" \N{MIDDLE DOT} ".join(texts), _MAX_SUMMARY))

    def _tags(self, block: Block, ran: Sequence[Query]) -> tuple[str, ...]:
        aliases = sorted({query.alias for query in ran}) if self._has_aliases else []
        is_inside = all(query.in_transaction for query in ran)
        return ("transaction", *aliases) if is_inside else tuple(aliases)


def _repetition(block: Block) -> str:
    """How often is told only where at least one of the statements came as often."""
    statements = counted(len(block.members), "statement")
    if block.rounds in {member.count for member in block.members}:
        return f"{statements}, {block.rounds:,} times"
    return f"{statements} in turn"


def _between_them(block: Block, spans: Sequence[Span]) -> str:
    """From when to when, and what of it was spent between the statements."""
    own = block.ended_ms - block.started_ms - length(spans)
    times = f"From {moment(block.started_ms)} to {moment(block.ended_ms)}"
    if own < _TOO_SHORT_TO_TELL_MS:
        return f"{times}."
    return f"{times}, {duration(own)} of it between the queries."


def _more_statements(left: int) -> str:
    return f"{counted(left, 'more statement')}." if left > 0 else ""


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
