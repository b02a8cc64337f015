"""What the components are made of that show where the time of a trace went.

Finished for display as everything in ``contexts``. A drawing is 1000 wide and 10 high, its shapes
are the ``d`` of a path; what it shows is said in the words beside it as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from markupsafe import Markup

from orm_insight.ui.contexts import Place, QueryLink

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
    """What ran, or that nothing did. ``at`` is when it began, ``time`` what it took.

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
    """What a file or a line took; ``name`` where it is neither."""

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
    """Where the time of one trace went: over time, by file, by line of a template."""

    waterfall: Waterfall
    modules: PlaceTimes
    template_lines: PlaceTimes
