"""The tree of a plan's steps: in which order they stand, what is open, and what is folded.

Open is what has to be read: the way to the step that takes most, and to every step with a
finding. Everything here goes without recursion, because plans may be deep.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from orm_insight.explain.findings.context import Context
from orm_insight.explain.names import Names
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.ui.format import counted, preformatted
from orm_insight.ui.plan_contexts import PlanStep, PlanView
from orm_insight.ui.plan_shares import Shares
from orm_insight.ui.plan_steps import Steps, nothing_in_every_step, raw_lines
from orm_insight.ui.plan_strip import strip
from orm_insight.ui.plan_triggers import trigger_lines

MAX_STEPS = 1_000
SMALL = 15
"""A plan of so many steps is read as a whole."""
LARGE = 60
"""Of more steps, what is nothing in all of them is told once."""
MAX_NESTING = 60
"""Browsers give up nesting elements at some hundred; deeper steps stand on this level."""
_INDENTED = 8
"""Deeper branches move to the right by very little."""
_MANY_CHILDREN = 6
_GROUPED = 4


@dataclass(frozen=True, slots=True)
class _Visit:
    node: PlanNode
    depth: int
    group: str = ""


_CLOSE = object()


def plan_view(plan: Plan, *, prefix: str = "s", is_open: bool = False) -> PlanView:
    """The tree, with ``prefix`` in front of the numbers of its anchors; ``is_open`` unfolds all."""
    shares = Shares(plan)
    nodes = list(plan.nodes())
    tree = _Tree(plan, nodes, shares, prefix, unfolds=is_open or len(nodes) <= SMALL)
    steps = tuple(tree.steps())
    left = len(nodes) - len(steps)
    return PlanView(
        steps=steps,
        strip=strip(plan, nodes, shares, prefix),
        unit=shares.unit,
        is_measured=plan.is_measured,
        has_rows=any(step.planned or step.rows for step in steps),
        has_buffers=any(step.buffers not in ("", "0") or step.buffers_note for step in steps),
        triggers=tuple(trigger_lines(plan)),
        nothing=", ".join(sorted(tree.told)),
        about=preformatted("\n".join(raw_lines(plan.raw))),
        more=f"{counted(left, 'more step')}: the text below has all of them." if left > 0 else "",
        can_unfold=not all(step.is_open for step in steps),
    )


class _Tree:
    def __init__(
        self, plan: Plan, nodes: Sequence[PlanNode], shares: Shares, prefix: str, *, unfolds: bool
    ) -> None:
        self._plan = plan
        self._shares = shares
        self.told = nothing_in_every_step(nodes) if len(nodes) > LARGE else frozenset()
        self._steps = Steps(Context(plan, Names()), shares, prefix, self.told)
        self._numbers = {id(node): number for number, node in enumerate(nodes)}
        self._size, self._sum = _sums(nodes, shares)
        self._unfolds = unfolds or not shares.unit
        self._ways = _ways(plan, nodes, shares)

    def steps(self) -> list[PlanStep]:
        """In pre-order; each closes the branches that end behind it."""
        found: list[PlanStep] = []
        level = 0
        waiting: list[_Visit | object] = [_Visit(self._plan.root, 0)]
        while waiting and len(found) < MAX_STEPS:
            item = waiting.pop()
            if isinstance(item, _Visit):
                step = self._visit(item, waiting)
                found.append(step)
                level += step.has_branch + bool(step.group)
            else:
                _close(found, 1)
                level -= 1
        _close(found, level)
        return found

    def _visit(self, visit: _Visit, waiting: list[_Visit | object]) -> PlanStep:
        """The step; what has to follow it is put on the stack."""
        node, depth = visit.node, visit.depth
        has_branch = bool(node.children) and depth < MAX_NESTING
        if has_branch:
            waiting.append(_CLOSE)
        waiting.extend(reversed(list(self._below(node, depth + has_branch))))
        return self._steps.step(
            node,
            self._numbers[id(node)],
            is_open=self._is_open(node),
            is_deep=depth >= _INDENTED,
            has_branch=has_branch,
            hidden=self._hidden([node], -1) if has_branch else "",
            group=visit.group,
        )

    def _is_open(self, node: PlanNode) -> bool:
        return self._unfolds or id(node) in self._ways

    def _below(self, node: PlanNode, depth: int) -> Iterator[_Visit | object]:
        """The children; where there are many, runs of those that stay folded are put together."""
        if self._unfolds or len(node.children) <= _MANY_CHILDREN or depth > MAX_NESTING:
            yield from (_Visit(child, depth) for child in node.children)
            return
        run: list[PlanNode] = []
        for child in node.children:
            if self._is_open(child):
                yield from self._grouped(run, depth)
                run = []
                yield _Visit(child, depth)
            else:
                run.append(child)
        yield from self._grouped(run, depth)

    def _grouped(self, run: Sequence[PlanNode], depth: int) -> Iterator[_Visit | object]:
        if len(run) < _GROUPED:
            yield from (_Visit(node, depth) for node in run)
            return
        first, *others = run
        yield _Visit(first, depth, group=self._hidden(run, 0))
        yield from (_Visit(node, depth) for node in others)
        yield _CLOSE

    def _hidden(self, nodes: Sequence[PlanNode], besides: int) -> str:
        """``12 more steps, 0.4 ms``; ``besides`` is -1 where the first itself is seen."""
        steps = sum(self._size[id(node)] for node in nodes) + besides
        amount = sum(self._sum[id(node)] for node in nodes)
        if besides:
            amount -= self._shares.own(nodes[0])
        text = self._shares.text(max(amount, 0.0))
        return counted(steps, "more step") + (f", {text}" if text else "")


def _close(steps: list[PlanStep], levels: int) -> None:
    steps[-1] = replace(steps[-1], closes=steps[-1].closes + levels)


def _sums(nodes: Sequence[PlanNode], shares: Shares) -> tuple[dict[int, int], dict[int, float]]:
    """The number of steps and what they take, of each step with all below it."""
    sizes: dict[int, int] = {}
    sums: dict[int, float] = {}
    for node in reversed(nodes):
        sizes[id(node)] = 1 + sum(sizes[id(child)] for child in node.children)
        sums[id(node)] = shares.own(node) + sum(sums[id(child)] for child in node.children)
    return sizes, sums


def _ways(plan: Plan, nodes: Sequence[PlanNode], shares: Shares) -> set[int]:
    """All steps between the root and those that have to be seen."""
    seen = {id(finding.node) for finding in plan.findings if not finding.is_of_plan}
    if shares.slowest is not None:
        seen.add(id(shares.slowest))
    for node in reversed(nodes):
        if any(id(child) in seen for child in node.children):
            seen.add(id(node))
    return seen
