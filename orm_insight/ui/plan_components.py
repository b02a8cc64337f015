"""The parts of a page that show an EXPLAIN; each step's share, and the strip of the largest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from orm_insight.explain.comparison import own_costs, total_cost
from orm_insight.explain.raw_values import number_of, text_of
from orm_insight.explain.words import target, title
from orm_insight.model.plan import Finding, IndexAdvice, Plan, PlanNode
from orm_insight.ui.components import Fact, Place
from orm_insight.ui.format import count, counted, duration, part


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


# The share of each step: its time, or the planner's cost where no time was measured.

TIME = "time"
COST = "cost"
_NOTHING = ""


class Shares:
    """Shares of a plan. ``unit`` is empty where the database tells neither times nor costs."""

    def __init__(self, plan: Plan) -> None:
        self._own = {id(n): n.self_ms for n in plan.nodes() if n.self_ms is not None}
        self.unit = TIME
        if not self._own:
            self._own = own_costs(plan)
            self.unit = COST if self._own else _NOTHING
        self.whole = self._whole(plan)
        self.slowest = self._slowest(plan)

    def _whole(self, plan: Plan) -> float:
        known = plan.execution_ms or plan.root.total_ms if self.unit == TIME else None
        return max(known or 0.0, 0.0) or sum(self._own.values())

    def _slowest(self, plan: Plan) -> PlanNode | None:
        slowest = max(plan.nodes(), key=self.own)
        return slowest if self.own(slowest) > 0 else None

    def own(self, node: PlanNode) -> float:
        return self._own.get(id(node), 0.0)

    def share(self, node: PlanNode) -> float:
        return self.of_whole(self.own(node))

    def of_whole(self, amount: float) -> float:
        return min(amount / self.whole, 1.0) if self.whole else 0.0

    def own_text(self, node: PlanNode) -> str:
        return self.text(self.own(node)) if id(node) in self._own and node.executed else ""

    def share_text(self, node: PlanNode) -> str:
        """Nothing where it is below half of a percent."""
        share = self.share(node)
        return part(share) if share >= 0.005 and node.executed else ""

    def total_text(self, node: PlanNode) -> str:
        total = node.total_ms if self.unit == TIME else total_cost(node)
        return self.text(total) if total is not None and node.executed else ""

    def text(self, amount: float) -> str:
        if self.unit == COST:
            return count(round(amount, 2))
        return duration(amount) if self.unit else ""


# The time in one line: the largest steps side by side, each a link to its step.

MAX_PARTS = 8
MIN_SHARE = 0.03
_LABELLED = 0.07


def strip(
    plan: Plan, nodes: Sequence[PlanNode], shares: Shares, prefix: str
) -> tuple[StripPart, ...]:
    """The largest steps first, then all others; nothing where no step is large."""
    if not shares.unit or not shares.whole or len(nodes) < 2:
        return ()
    parts = tuple(_place(_parts(plan, nodes, shares, prefix), shares))
    return parts if any(part.href for part in parts) else ()


def _parts(
    plan: Plan, nodes: Sequence[PlanNode], shares: Shares, prefix: str
) -> Iterator[tuple[float, str, str, bool]]:
    """Yield the amount, the label, the link, and a flag for the slowest step."""
    numbered = sorted(enumerate(nodes), key=lambda pair: -shares.own(pair[1]))
    large = [pair for pair in numbered if shares.share(pair[1]) >= MIN_SHARE][:MAX_PARTS]
    for number, node in large:
        label = f"{title(node)} {target(node)}".strip()
        yield shares.own(node), label, f"#{prefix}{number}", node is shares.slowest
    if shares.unit == TIME:
        yield triggers_ms(plan), "Triggers", "", False
        yield plan.serialization_ms or 0.0, "Serialization", "", False


def _place(parts: Iterator[tuple[float, str, str, bool]], shares: Shares) -> Iterator[StripPart]:
    x = 0.0
    for amount, label, href, is_slowest in parts:
        width = min(shares.of_whole(amount), 1.0 - x)
        if width < MIN_SHARE:
            continue
        yield StripPart(
            x=f"{x:.2%}",
            width=f"{width:.2%}",
            label=label,
            value=f"{shares.text(amount)}, {part(shares.of_whole(amount))}",
            href=href,
            is_slowest=is_slowest,
            has_room=width >= _LABELLED,
        )
        x += width
    if 1.0 - x >= 0.005:
        rest = (1.0 - x) * shares.whole
        yield StripPart(
            x=f"{x:.2%}",
            width=f"{1.0 - x:.2%}",
            label="the rest",
            value=f"{shares.text(rest)}, {part(1.0 - x)}",
            has_room=1.0 - x >= _LABELLED,
        )


# Triggers: work for the statement outside of its steps.


def trigger_lines(plan: Plan) -> Iterator[str]:
    """``fk_author on blog_post: 84 ms, 1,000 calls``."""
    return (_line(trigger) for trigger in plan.triggers)


def triggers_ms(plan: Plan) -> float:
    """Part of the execution, but of no step."""
    return sum(number_of(trigger, "Time") for trigger in plan.triggers)


def _line(trigger: Mapping[str, Any]) -> str:
    name = text_of(trigger, "Constraint Name") or text_of(trigger, "Trigger Name") or "trigger"
    relation, calls = text_of(trigger, "Relation"), round(number_of(trigger, "Calls"))
    parts = [duration(number_of(trigger, "Time"))] if "Time" in trigger else []
    if calls:
        parts.append(counted(calls, "call"))
    where = f"{name} on {relation}" if relation else name
    return f"{where}: {', '.join(parts)}" if parts else where
