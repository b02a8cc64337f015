"""Groups of queries as rows of a table: which line costs how much."""

from __future__ import annotations

from orm_insight.analysis.groups import QueryGroup
from orm_insight.analysis.report import Report
from orm_insight.ui.contexts import GroupRow, Groups, QueryLink
from orm_insight.ui.format import count, counted, duration, fitting, percent
from orm_insight.ui.links import Links
from orm_insight.ui.source import Sources
from orm_insight.ui.sql import sql_line

PAGE_SIZE = 40
MAX_LEADING = 10
_SHARE_OF_LEADING = 0.95
_TOO_FEW_TO_FOLD = 3


def leading_groups(report: Report, links: Links, sources: Sources) -> Groups:
    """The groups that matter: together nearly all of the time, and no more than a few."""
    number, covered = 0, 0.0
    while (
        number < min(len(report.groups), MAX_LEADING)
        and covered <= _SHARE_OF_LEADING * report.query_ms
    ):
        covered += report.groups[number].total_ms
        number += 1
    is_worth_it = len(report.groups) - number > _TOO_FEW_TO_FOLD
    return _groups(report, links, sources, 0, number if is_worth_it else len(report.groups))


def groups(
    report: Report, links: Links, sources: Sources, *, offset: int = 0, limit: int = PAGE_SIZE
) -> Groups:
    """``limit`` groups from ``offset`` on, largest total time first."""
    return _groups(report, links, sources, offset, fitting(len(report.groups) - offset, limit))


def _groups(report: Report, links: Links, sources: Sources, offset: int, shown: int) -> Groups:
    chosen = report.groups[offset : offset + shown]
    left = len(report.groups) - offset - len(chosen)
    has_aliases = len({group.alias for group in report.groups}) > 1
    return Groups(
        rows=tuple(
            _row(number, group, report, links, sources, has_aliases=has_aliases)
            for number, group in enumerate(chosen, start=offset)
        ),
        total=len(report.groups),
        more=_more(left),
        more_url=links.groups(offset=offset + len(chosen)) if left > 0 else None,
    )


def _more(left: int) -> str:
    following = fitting(left, PAGE_SIZE)
    if left <= 0:
        return ""
    return f"Show {following:,} more" + (f" of {left:,}" if following < left else "")


def _row(
    number: int,
    group: QueryGroup,
    report: Report,
    links: Links,
    sources: Sources,
    *,
    has_aliases: bool,
) -> GroupRow:
    whole = report.trace.duration_ms
    share = min(group.total_ms / whole, 1.0) if whole else 0.0
    slowest = max(group.queries, key=lambda query: query.duration_ms, default=None)
    return GroupRow(
        number=number,
        sql=sql_line(group.queries[0].sql if group.queries else group.fingerprint),
        place=sources.place(group.site, with_excerpt=False) if group.site else None,
        count=count(group.count),
        total=duration(group.total_ms),
        average=duration(group.average_ms),
        share=share,
        share_text=percent(share),
        duplicates=counted(group.duplicates, "duplicate") if group.duplicates else "",
        alias=group.alias if has_aliases else None,
        slowest=QueryLink(index=slowest.index, url=links.query(slowest.index)) if slowest else None,
        queries_url=links.queries(group=number),
    )
