"""The rows of a waterfall, one by one, in words and as shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup, escape

from orm_insight.analysis.elapsed import Span, end_of, length, merged
from orm_insight.analysis.report import Report
from orm_insight.analysis.sequences import Block, Member
from orm_insight.model.surroundings import Transaction
from orm_insight.model.trace import Query
from orm_insight.sql.fingerprint import summary
from orm_insight.ui.contexts import Place, QueryLink
from orm_insight.ui.format import count, counted, cut, duration, moment
from orm_insight.ui.links import Links
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_line
from orm_insight.ui.time_contexts import FlowRow, LoopMember
from orm_insight.ui.timescale import Timescale

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
"""What may have a row. A transaction stands for the statement that ended it."""


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
            title=f"{counted(trace.dropped, 'more statement')}, above the limit of a trace",
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
            link=f"Query {query.index} on a page of its own",
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
            more_members=_more(len(block.members) - len(shown)),
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
    return f"{times}, {duration(own)} of it between the statements."


def _more(left: int) -> str:
    return f"{counted(left, 'more statement')}." if left > 0 else ""
