"""What the pages of a comparison are made of, finished for display."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from orm_insight.ui.choices import Choice
from orm_insight.ui.contexts import Place
from orm_insight.ui.pages import Shell, TraceHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number before and after. ``trend`` is ``better``, ``worse`` or empty; ``arrow`` tells up
    from down where colours cannot be told apart."""

    label: str
    before: str
    after: str
    arrow: str
    difference: str
    trend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Times of before and after as parts of the largest time of the page, 0 to 1."""

    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The figures of one group in one of the traces; ``url`` leads to its queries there."""

    count: str
    total: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """The same statements before and after; ``place`` is where they are now.

    ``place_before`` is there where the line was another one, ``sql_before`` where the statement
    was.
    """

    place: Place | None
    place_before: Place | None
    sql: Markup
    sql_before: Markup | None
    alias: str | None
    before: Reading | None
    after: Reading | None
    bars: Bars


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSection:
    """What became of some groups; ``more`` says how many are not shown."""

    name: str
    title: str
    count: str
    note: str
    rows: tuple[ComparedRow, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedHint:
    """A hint that is gone or new; ``url`` leads to its page in the trace that has it."""

    code: str
    title: str
    severity: str
    place: Place | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceForm:
    """Another trace to compare ``after`` with; ``note`` says how many of them are offered."""

    url: str
    after: str
    choices: tuple[Choice, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage:
    template: ClassVar[str] = "pages/compare.jinja"
    shell: Shell
    before: TraceHeader
    after: TraceHeader
    verdict: str
    notices: tuple[str, ...]
    figures: tuple[Figure, ...]
    gone: tuple[ComparedHint, ...]
    new: tuple[ComparedHint, ...]
    more_hints: str
    sections: tuple[ComparedSection, ...]
    unchanged: ComparedSection | None
    form: ChoiceForm
    swap_url: str
    json_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonChoicePage:
    """One trace, and what it can be compared with; ``advice`` says what to do where nothing is."""

    template: ClassVar[str] = "pages/compare_choice.jinja"
    shell: Shell
    trace: TraceHeader
    title: str
    message: str
    advice: str
    form: ChoiceForm | None
