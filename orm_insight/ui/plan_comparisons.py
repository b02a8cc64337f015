"""Two plans of one statement: the steps that are different, before and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from orm_insight.explain.comparison import Change, Comparison, Pair, compare
from orm_insight.explain.planned_costs import own_costs
from orm_insight.explain.step_words import target, title
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.ui.format import clock, count, counted, duration
from orm_insight.ui.plan_contexts import ComparedStep, ComparisonView
from orm_insight.ui.plan_shares import COST, TIME

MAX_STEPS = 60
_FASTER = 1.5


def comparison_view(
    before: Plan,
    after: Plan,
    *,
    title: str,
    note: str = "",
    at: datetime | None = None,
    is_open: bool = False,
) -> ComparisonView:
    """``at`` is when ``before`` was made; ``is_open`` unfolds it."""
    found = compare(before, after)
    changed = [pair for pair in found.pairs if pair.is_noticeable]
    rows = _Rows(found)
    steps = tuple(rows.step(pair) for pair in changed[:MAX_STEPS])
    return ComparisonView(
        title=title,
        headline=_headline(found),
        note=note,
        unit=TIME if found.is_measured else COST,
        steps=steps,
        unchanged=_unchanged(len(found.pairs) - len(changed), len(changed) - len(steps)),
        has_rows=any(any(step.rows) for step in steps),
        has_buffers=any(any(step.buffers) for step in steps),
        is_open=is_open,
        at=clock(at) if at else "",
        at_iso=at.isoformat() if at else "",
    )


def _headline(found: Comparison) -> str:
    """``184 ms → 2.1 ms, 88 times faster``."""
    before, after = found.ms if found.is_measured else found.costs
    if before is None or after is None:
        return ""
    tell = duration if found.is_measured else _cost
    text = f"{tell(before)} \N{RIGHTWARDS ARROW} {tell(after)}"
    return f"{text}, {verdict(before, after, is_time=found.is_measured)}"


def verdict(before: float, after: float, *, is_time: bool) -> str:
    """``88 times faster``, ``2 times the cost``, ``about the same``."""
    less, more = ("faster", "slower") if is_time else ("cheaper", "dearer")
    low = max(min(before, after), 0.001)
    times = max(before, after) / low
    if times < _FASTER:
        return "about the same"
    factor = count(round(times)) if times >= 10 else f"{times:.1f}"
    return f"{factor} times {less if after < before else more}"


def _cost(cost: float) -> str:
    return f"cost {count(round(cost, 2))}"


def _unchanged(same: int, left: int) -> str:
    parts = []
    if left > 0:
        parts.append(f"{counted(left, 'more step')} changed.")
    if same > 0:
        parts.append(f"{counted(same, 'step')} as before.")
    return " ".join(parts)


class _Rows:
    def __init__(self, found: Comparison) -> None:
        self._is_measured = found.is_measured
        self._costs = {**own_costs(found.before), **own_costs(found.after)}

    def step(self, pair: Pair) -> ComparedStep:
        before, after = _name(pair.before), _name(pair.after)
        sign = "+" if pair.before is None else "-" if pair.after is None else "~"
        is_other = before != after
        return ComparedStep(
            sign=sign,
            what=", ".join(_words(pair)),
            before=before if is_other else "",
            after=after,
            own=(self._own(pair.before), self._own(pair.after)),
            rows=(_rows(pair.before), _rows(pair.after)),
            buffers=(_buffers(pair.before), _buffers(pair.after)),
        )

    def _own(self, node: PlanNode | None) -> str:
        if node is None or not node.executed:
            return ""
        if self._is_measured:
            return "" if node.self_ms is None else duration(node.self_ms)
        cost = self._costs.get(id(node))
        return "" if cost is None else count(round(cost, 2))


def _words(pair: Pair) -> Iterator[str]:
    names = {
        Change.ADDED: "new",
        Change.REMOVED: "gone",
        Change.TYPE: "another way",
        Change.INDEX: "another index",
    }
    yield from (words for change, words in names.items() if change in pair.changes)


def _name(node: PlanNode | None) -> str:
    return "" if node is None else f"{title(node)} {target(node)}".strip()


def _rows(node: PlanNode | None) -> str:
    return "" if node is None or node.rows is None else count(node.rows)


def _buffers(node: PlanNode | None) -> str:
    if node is None or node.buffers is None:
        return ""
    found = node.buffers
    return count(found.shared_hit + found.shared_read + found.local_hit + found.local_read)
