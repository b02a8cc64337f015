"""Where the time of a trace went: to which of the application's files, to which template lines.

Statements over the limit of a trace are in it as their groups have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from orm_insight.analysis.elapsed import Elapsed
from orm_insight.analysis.groups import QueryGroup
from orm_insight.model.trace import CallSite

_Place = TypeVar("_Place", str | None, tuple[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What statements of one place took. ``site`` is one of them, or ``None`` where the place is
    no line of the application; ``share`` is of the sum of all parts, 0 to 1."""

    site: CallSite | None
    lines: int
    count: int
    total_ms: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """``modules`` and ``template_lines``, largest time first, and the application's own time.

    The shares of the modules and of the application are one together. A template line's are of the
    same whole: its statements are in its module as well.
    """

    modules: tuple[Part, ...]
    template_lines: tuple[Part, ...]
    application_ms: float
    application_share: float


class _Sum:
    """What is added up for one place; ``site`` is that of the first group."""

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
