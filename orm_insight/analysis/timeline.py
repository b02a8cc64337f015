"""The time of a trace, divided: statements, ends of transactions, the application.

Wall-clock time: statements that ran at the same time count once, so that the parts are the whole.
Statements over the limit of a trace are a part of it, but nobody knows when they ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from orm_insight.analysis.groups import QueryGroup
from orm_insight.model.frames import CallSite
from orm_insight.model.trace import Query, Trace, Transaction

Span: TypeAlias = tuple[float, float]
"""From one moment to another, in milliseconds from the start of the trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elapsed:
    """The parts of ``whole_ms``, which is longer than the trace where something ended later.

    ``ending_ms`` is what COMMIT and ROLLBACK took, ``application_ms`` all in which the database
    was not at work: Python, templates, waiting for others. ``busy`` are the times in which a
    statement ran.
    """

    whole_ms: float
    database_ms: float
    ending_ms: float
    application_ms: float
    busy: tuple[Span, ...]


def elapsed(trace: Trace, queries: Sequence[Query]) -> Elapsed:
    """The times of a trace. A log would make its ``queries`` anew, so they are given."""
    busy = merged((query.started_ms, query.started_ms + query.duration_ms) for query in queries)
    last = max([busy[-1][1] if busy else 0.0, *map(ended_ms, trace.transactions)])
    whole = max(trace.duration_ms, last)
    endings = merged([*busy, *map(end_of, trace.transactions)])
    unknown = sum(entry.total_ms for entry in trace.overflow)
    database, at_work = length(busy) + unknown, length(endings) + unknown
    return Elapsed(
        whole_ms=max(whole, at_work),
        database_ms=database,
        ending_ms=at_work - database,
        application_ms=max(whole - at_work, 0.0),
        busy=busy,
    )


def ended_ms(transaction: Transaction) -> float:
    return transaction.started_ms + transaction.duration_ms


def end_of(transaction: Transaction) -> Span:
    """When its COMMIT or ROLLBACK ran."""
    return ended_ms(transaction) - transaction.end_ms, ended_ms(transaction)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The times in which at least one of them was, in order; touching ones become one."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = found[-1][0], end
        else:
            found.append((begin, end))
    return tuple(found)


def length(spans: Iterable[Span]) -> float:
    return sum(end - begin for begin, end in spans)


# -- time by file and by template line ------------------------------------------------------------

_Place = TypeVar("_Place", str | None, tuple[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The time that statements of one place took.

    ``site`` is one of their call sites, or ``None`` if the place is outside your code. ``share`` is
    of the sum of all parts, 0 to 1.
    """

    site: CallSite | None
    lines: int
    count: int
    total_ms: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """``modules`` and ``template_lines``, largest time first, and the application's own time.

    The shares of the modules and of the application are one together. A template line's are of the
    same whole: its statements are also in its module.
    """

    modules: tuple[Part, ...]
    template_lines: tuple[Part, ...]
    application_ms: float
    application_share: float


class _Sum:
    """The running totals of one place; ``site`` is that of the first group."""

    __slots__ = ("count", "lines", "site", "total_ms")

    def __init__(self, site: CallSite | None) -> None:
        self.site = site
        self.count, self.total_ms = 0, 0.0
        self.lines: set[int] = set()

    def add(self, group: QueryGroup) -> None:
        self.count += group.count
        self.total_ms += group.total_ms
        if group.site:
            self.lines.add(group.site.line)


def break_down(groups: Iterable[QueryGroup], elapsed: Elapsed) -> Breakdown:
    """Statements that ran at the same time count each for itself, so the whole may be longer."""
    modules: dict[str | None, _Sum] = {}
    lines: dict[tuple[str, int], _Sum] = {}
    whole = own = elapsed.application_ms + elapsed.ending_ms
    for group in groups:
        site = group.site
        whole += group.total_ms
        _at(modules, site.file if site else None, site).add(group)
        if site and site.is_template:
            _at(lines, (site.file, site.line), site).add(group)
    return Breakdown(
        modules=_parts(modules, whole),
        template_lines=_parts(lines, whole),
        application_ms=own,
        application_share=_share(own, whole),
    )


def _at(sums: dict[_Place, _Sum], place: _Place, site: CallSite | None) -> _Sum:
    if place not in sums:
        sums[place] = _Sum(site)
    return sums[place]


def _parts(sums: Mapping[_Place, _Sum], whole: float) -> tuple[Part, ...]:
    return tuple(
        Part(
            site=entry.site,
            lines=len(entry.lines),
            count=entry.count,
            total_ms=entry.total_ms,
            share=_share(entry.total_ms, whole),
        )
        for entry in sorted(sums.values(), key=lambda entry: -entry.total_ms)
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
