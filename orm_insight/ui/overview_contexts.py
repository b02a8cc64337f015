"""What the overview and the rankings of the whole ring are made of, finished for display."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from orm_insight.ui.choices import Choice
from orm_insight.ui.contexts import Demand, Fact, Place
from orm_insight.ui.list_pages import Column, TraceRow
from orm_insight.ui.pages import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure of a row. ``label`` names it where there is no heading; ``bar`` is 0 to 1."""

    text: str
    label: str
    css: str = "oi-number"
    bar: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRow:
    """An endpoint, a line of code or a statement; ``url`` leads to its traces.

    An endpoint has a ``name``, a line a ``place``, a statement both ``sql`` and ``place``.
    """

    url: str
    cells: tuple[Cell, ...]
    name: str = ""
    method: str = ""
    kind: str = ""
    note: str = ""
    place: Place | None = None
    sql: Markup | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A table of them. ``more_url`` leads to all, where only the first are shown."""

    columns: tuple[Column, ...]
    rows: tuple[RankingRow, ...]
    more: str = ""
    more_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingPage:
    """One ranking as a page of its own. ``searched`` says where words are looked for."""

    template: ClassVar[str] = "pages/ranking.jinja"
    shell: Shell
    title: str
    about: str
    ranking: Ranking
    url: str
    text: str
    sorts: tuple[Choice, ...]
    found: str
    pending: str
    empty: str
    placeholder: str
    searched: str
    previous_url: str | None
    next_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The worst there is, in a sentence: what happens, what it costs, what to write and where."""

    title: str
    url: str
    cost: str
    severity: str = ""
    fix: str = ""
    fix_place: str = ""
    instead: str = ""
    message: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """A problem in one row of the overview; ``is_only_cost``: what it takes, and saves nothing."""

    severity: str
    title: str
    url: str
    fix: str
    instead: str
    place: Place | None
    saved: str
    is_only_cost: bool
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBar:
    """One span of time: rectangles of ``width`` at ``x``, in the units of the drawing."""

    x: float
    width: float
    query_y: float
    query_height: float
    other_y: float
    other_height: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTick:
    """A moment below the drawing."""

    text: str
    iso: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadChart:
    """The time of traces over the clock, 600 wide and 100 high. ``summary`` tells it in words."""

    bars: tuple[LoadBar, ...]
    ticks: tuple[LoadTick, ...]
    most: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything in the ring, the worst first; loaded anew while the page is looked at.

    ``version`` changes with what is shown.
    """

    template: ClassVar[str] = "fragments/overview.jinja"
    version: str
    warnings: tuple[str, ...]
    pending: str
    headline: Headline | None
    facts: tuple[Fact, ...]
    problems: tuple[ProblemLine, ...]
    all_problems: str
    load: LoadChart | None
    newest: tuple[TraceRow, ...]
    endpoints: Ranking
    lines: Ranking
    statements: Ranking
    problems_url: str
    traces_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    template: ClassVar[str] = "pages/overview.jinja"
    shell: Shell
    overview: Overview
    demand: Demand | None
    has_traces: bool
    is_readable: bool
    import_url: str
    is_shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage:
    """What each key does."""

    template: ClassVar[str] = "pages/keys.jinja"
    shell: Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysFragment:
    """The same in a window over the page."""

    template: ClassVar[str] = "fragments/keys.jinja"
    shell: Shell
