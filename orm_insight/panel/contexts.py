"""What the panel's templates are made of, finished for display as everything of ``ui``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orm_insight.ui.contexts import Fact, HintCard, Place, QueryDetail, SqlText
from orm_insight.ui.plan_contexts import ExplainResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a statement. ``url`` leads to everything there is to know about it."""

    index: int
    duration: str
    rows: str
    parameters: str
    error: str
    explain_url: str | None
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one line executes again and again; ``runs`` are the slowest."""

    sql: SqlText
    count: str
    total: str
    average: str
    duplicates: str
    alias: str | None
    runs: tuple[Run, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of code, or of a template, and its statements. ``share`` is of the trace's time."""

    place: Place | None
    count: str
    total: str
    share: float
    share_text: str
    duplicates: str
    codes: tuple[str, ...]
    statements: tuple[Statement, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelContent:
    """A trace in the panel. ``signed`` proves that the form for EXPLAIN was made here."""

    template: ClassVar[str] = "panel/content.jinja"
    stylesheet: str
    facts: tuple[Fact, ...]
    hints: tuple[HintCard, ...]
    more_hints: str
    no_hints: str
    silence: str
    lines: tuple[Line, ...]
    more: str
    signed: str
    full_url: str | None
    depth_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelMessage:
    """Why there is nothing to see."""

    template: ClassVar[str] = "panel/message.jinja"
    stylesheet: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelWindow(PanelMessage):
    """The same above the panel, in the toolbar's window."""

    template: ClassVar[str] = "panel/window_message.jinja"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPlan:
    """The plan of one query, above the panel. The form is there to ask in the other way."""

    template: ClassVar[str] = "panel/plan.jinja"
    stylesheet: str
    result: ExplainResult
    query: QueryDetail
    explain_url: str | None
    signed: str
