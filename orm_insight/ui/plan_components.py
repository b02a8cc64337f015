"""The parts of a page that show an EXPLAIN."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from orm_insight.model.plan import Finding, IndexAdvice
from orm_insight.ui.components import Fact, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One step of the tree, in pre-order.

    ``bar`` is its own part of the whole, 0 to 1. ``details`` tell what it does,
    ``costs`` where its time went, ``raw`` all that the database said. ``hidden`` tells what is
    below it while it is folded. ``group`` is the heading of the steps that begin here,
    folded together. ``closes`` is how many branches and groups end after it.
    """

    anchor: str
    number: int
    role: str
    title: str
    target: str
    badges: tuple[str, ...]
    own: str
    share: str
    bar: float | None
    total: str
    rows: str
    planned: str
    off: str
    off_note: str
    loops: str
    buffers: str
    buffers_note: str
    is_executed: bool
    is_slowest: bool
    is_open: bool
    is_deep: bool
    has_branch: bool
    hidden: str
    details: tuple[tuple[str, str], ...]
    costs: tuple[tuple[str, str], ...]
    raw: Markup
    group: str = ""
    closes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StripPart:
    """A part of the whole time: ``x`` and ``width`` are percentages. No ``href`` for the rest.

    ``has_room`` is false where it is too narrow for its label.
    """

    x: str
    width: str
    label: str
    value: str
    href: str = ""
    is_slowest: bool = False
    has_room: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan as a tree.

    ``unit`` is ``time``, ``cost``, or empty where nothing is known about what a step takes.
    ``nothing`` are the keys that are 0 or false in every step, ``about`` is what the database
    said of the whole. ``more`` says how many steps are not shown.
    """

    steps: tuple[PlanStep, ...]
    strip: tuple[StripPart, ...]
    unit: str
    is_measured: bool
    has_rows: bool
    has_buffers: bool
    triggers: tuple[str, ...]
    nothing: str
    about: Markup
    more: str
    can_unfold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCard:
    """A problem of a step. Without ``href`` it is about the plan as a whole."""

    finding: Finding
    step: str
    href: str
    hint_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedStep:
    """A step of two plans; ``sign`` is ``~``, ``+`` or ``-``. Values are before and after."""

    sign: str
    what: str
    before: str
    after: str
    own: tuple[str, str]
    rows: tuple[str, str]
    buffers: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """Two plans of one statement, the steps that are different alone; ``at`` is when the first was
    made."""

    title: str
    headline: str
    note: str
    unit: str
    steps: tuple[ComparedStep, ...]
    unchanged: str
    has_rows: bool
    has_buffers: bool
    is_open: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TryForm:
    """The form that tries an index; ``token`` is sent under ``token_name``.

    In the toolbar's window ``is_remote`` is true: there the toolbar's script sends it.
    """

    action: str
    token_name: str
    token: str
    is_remote: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceCard:
    """An index. ``state`` is ``verified``, ``useless`` or ``unverified``."""

    advice: IndexAdvice
    hint_url: str | None
    state: str
    verdict: str
    facts: tuple[Fact, ...]
    comparison: ComparisonView | None
    after: PlanView | None
    form: TryForm | None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainResult:
    """The answer of the database: a plan, or ``error``."""

    query_index: int
    title: str
    summary: str
    facts: tuple[Fact, ...]
    notice: str
    error: str
    findings: tuple[FindingCard, ...]
    advice: tuple[AdviceCard, ...]
    comparison: ComparisonView | None
    plan: PlanView | None
    text: Markup
    json: Markup
    json_url: str | None
    made_at: datetime | None = None
