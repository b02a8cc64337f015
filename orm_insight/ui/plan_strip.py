"""Where the time went, in one line: the largest steps side by side, each a link to its step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orm_insight.explain.step_words import target, title
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.ui.plan_contexts import StripPart
from orm_insight.ui.plan_shares import TIME, Shares, part
from orm_insight.ui.plan_triggers import triggers_ms

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
    """What it takes, what it is, where it leads, and whether it is the slowest."""
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
