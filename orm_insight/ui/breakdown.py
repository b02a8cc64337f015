"""Where the time of a trace went, by file and by line of a template, as rows of two tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orm_insight.analysis.breakdown import Breakdown, Part, break_down
from orm_insight.analysis.elapsed import elapsed
from orm_insight.analysis.report import Report
from orm_insight.ui.format import count, counted, duration, percent
from orm_insight.ui.links import Links
from orm_insight.ui.paths import display_path
from orm_insight.ui.source import Sources
from orm_insight.ui.time_contexts import PlaceTime, PlaceTimes, TimeSpent
from orm_insight.ui.waterfall import waterfall

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
            rows=tuple(_modules(found)), more=_more(found.modules[MAX_PLACES:], "file")
        ),
        template_lines=PlaceTimes(
            rows=tuple(lines), more=_more(found.template_lines[MAX_PLACES:], "line")
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
        return replace(row, name="No line of the application")
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


def _more(others: Sequence[Part], noun: str) -> str:
    if not others:
        return ""
    total = duration(sum(part.total_ms for part in others))
    return f"{counted(len(others), f'more {noun}')}, {total}"
