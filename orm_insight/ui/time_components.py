"""The components that show the time of a trace.

A drawing is 1000 wide and 10 high, its shapes
are the ``d`` of a path; what it shows is also said in words next to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from markupsafe import Markup

from orm_insight.analysis.timeline import Span
from orm_insight.ui.components import Place, QueryLink
from orm_insight.ui.format import duration

RowKind: TypeAlias = Literal["statement", "loop", "application", "ending", "rest", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePart:
    """A part of the whole: ``kind`` names how it is drawn, ``x`` and ``width`` are of 1000."""

    kind: str
    label: str
    value: str
    share: str
    x: str
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on the axis, in percent of its width; ``anchor`` keeps its text inside."""

    x: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLane:
    """The transactions of one alias in time."""

    alias: str
    summary: str
    path: str
    rolled_back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopMember:
    """One of the statements that a block repeats."""

    place: Place | None
    sql: Markup
    count: str
    total: str
    average: str
    slowest: QueryLink
    queries_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """A statement, a loop or a pause. ``at`` is when it began, ``time`` what it took.

    ``title`` stands where there is more, or else, than one statement. ``span`` is from its begin
    to its end, ``path`` when its statements ran. ``note`` says what the numbers do not.
    """

    kind: RowKind
    at: str
    time: str
    count: str = ""
    title: str = ""
    place: Place | None = None
    sql: Markup | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    failed: str = ""
    span: str = ""
    path: str = ""
    members: tuple[LoopMember, ...] = ()
    more_members: str = ""
    url: str | None = None
    load_url: str | None = None
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """A trace in time, and above it what its time went by with."""

    parts: tuple[TimePart, ...]
    note: str
    ticks: tuple[Tick, ...]
    grid: str
    transactions: tuple[TransactionLane, ...]
    rows: tuple[FlowRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTime:
    """The time of a file or a line; ``name`` where it is neither."""

    place: Place | None
    name: str
    note: str
    count: str
    total: str
    share: float
    share_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTimes:
    """The places that took most; ``more`` sums up the others."""

    rows: tuple[PlaceTime, ...]
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSpent:
    """The time of one trace: over time, by file, by line of a template."""

    waterfall: Waterfall
    modules: PlaceTimes
    template_lines: PlaceTimes


# Positions in time as shapes of an SVG: 1000 wide, 10 high, as attributes and without style.
#
# Neighbours closer than a pixel become one shape, so that ten thousand queries stay a small page.

WIDTH = 1000
_BINS = 500
_TICKS = 5
_NEAR_THE_END = 0.94


class Timescale:
    """From the start of a trace to ``whole_ms``, which is the right edge."""

    def __init__(self, whole_ms: float) -> None:
        self._whole = whole_ms

    def path(self, spans: Iterable[Span]) -> str:
        """A rectangle for each span, or for those that touch; what is short is still seen."""
        scale = WIDTH // _BINS
        return "".join(
            f"M{begin * scale} 0h{(end - begin) * scale}v10h-{(end - begin) * scale}z"
            for begin, end in _joined(self._binned(spans))
        )

    def bracket(self, begin_ms: float, end_ms: float) -> str:
        """A line between two ends: a time in which nothing ran."""
        begin, end = self._x(begin_ms), self._x(end_ms)
        return f"M{begin} 2v6M{begin} 5H{end}M{end} 2v6"

    def ticks(self) -> tuple[Tick, ...]:
        """At round times."""
        return tuple(
            Tick(
                x=f"{moment / self._whole:.2%}",
                label=duration(moment),
                anchor="start"
                if not moment
                else "end"
                if moment > _NEAR_THE_END * self._whole
                else "middle",
            )
            for moment in self._moments()
        )

    def grid(self) -> str:
        """A line from top to bottom at each tick."""
        return "".join(f"M{self._x(moment)} 0v10" for moment in self._moments())

    def _moments(self) -> Iterator[float]:
        step = _round_step(self._whole / _TICKS)
        return (number * step for number in range(int(self._whole / step + 1e-9) + 1))

    def _x(self, moment: float) -> int:
        return min(max(round(moment / self._whole * WIDTH), 0), WIDTH)

    def _binned(self, spans: Iterable[Span]) -> Iterator[tuple[int, int]]:
        for began, ended in spans:
            begin = min(max(int(began / self._whole * _BINS), 0), _BINS - 1)
            end = round(ended / self._whole * _BINS)
            yield begin, min(max(end, begin + 1), _BINS)


def _joined(bins: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(set(bins)):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return joined


def _round_step(least: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is not less."""
    power = 1e-6
    while power * 10 <= least:
        power *= 10
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
