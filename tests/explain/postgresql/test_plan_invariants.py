"""Invariants of every plan: self times are never negative, and add up to the root's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm_insight.explain.postgresql import parse_plan

MILLISECONDS = st.integers(0, 50_000).map(lambda thousandths: thousandths / 1000)


@dataclass
class Spent:
    """A node of which the true self time is known; ``waits`` is spent in an InitPlan."""

    self_ms: float
    loops: int
    node_type: str = "Seq Scan"
    children: list[Spent] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)
    waits_ms: float = 0.0
    processes: int = 1

    @property
    def total_ms(self) -> float:
        inner = [c.total_ms for c in self.children if not c.is_init_plan]
        return self.self_ms + self.waits_ms + sum(inner)

    @property
    def is_init_plan(self) -> bool:
        return self.raw.get("Parent Relationship") == "InitPlan"

    def to_json(self, digits: int, processes: float = 1) -> dict[str, Any]:
        """As PostgreSQL prints it: the average of a loop, of all processes."""
        inside = processes * self.processes
        return {
            "Node Type": self.node_type,
            "Parent Relationship": "Outer",
            "Actual Total Time": round(self.total_ms * processes / self.loops, digits),
            "Actual Loops": self.loops,
            "Actual Rows": 1,
            **self.raw,
            "Plans": [
                child.to_json(digits, 1 if child.is_init_plan else inside)
                for child in self.children
            ],
        }

    def walk(self) -> list[Spent]:
        return [self, *(step for child in self.children for step in child.walk())]


@st.composite
def trees(draw: st.DrawFn, depth: int = 3, processes: int = 0) -> Spent:
    """``processes`` is set inside of a Gather, which has no other Gather below."""
    loops = draw(st.integers(1, 20)) * max(1, processes)
    spent = Spent(draw(MILLISECONDS), loops)
    if depth and not processes and draw(st.booleans()):
        spent.node_type, spent.processes = "Gather", draw(st.integers(1, 4))
        child = draw(trees(depth=depth - 1, processes=spent.processes))
        child.loops = spent.loops * spent.processes
        spent.children = [child]
    elif depth:
        inner = trees(depth=depth - 1, processes=processes)
        spent.children = draw(st.lists(inner, max_size=3))
    return spent


@st.composite
def plans(draw: st.DrawFn) -> Spent:
    """A tree, a CTE that one scan in the main plan reads, and an InitPlan that one node uses."""
    root = draw(trees())
    steps = root.walk()
    reader, user = draw(st.sampled_from(steps)), draw(st.sampled_from(steps))
    outside = [step for step in steps if not inside_gather(root, step)]
    if draw(st.booleans()):
        cte = draw(trees(depth=2))
        cte.raw = {"Parent Relationship": "InitPlan", "Subplan Name": "CTE x"}
        reader = draw(st.sampled_from(outside))
        scan = Spent(draw(MILLISECONDS), 1, "CTE Scan", raw={"CTE Name": "x"})
        scan.waits_ms = cte.total_ms
        if reader.node_type != "Gather":
            reader.children.append(scan)
            root.children.insert(0, cte)
    if draw(st.booleans()):
        plan = draw(trees(depth=2))
        plan.raw = {"Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 7"}
        user = draw(st.sampled_from(outside))
        user.raw = {**user.raw, "Filter": "(a > (InitPlan 7).col1)"}
        user.waits_ms += plan.total_ms
        root.children.insert(0, plan)
    return root


def inside_gather(root: Spent, wanted: Spent) -> bool:
    gathers = [step for step in root.walk() if step.node_type == "Gather"]
    return any(step is wanted for gather in gathers for step in gather.walk()[1:])


@given(plans())
def test_every_node_gets_what_it_spent(root: Spent) -> None:
    nodes = list(parse_plan([{"Plan": root.to_json(digits=15)}]).nodes())
    expected = [step.self_ms for step in root.walk()]
    assert [node.self_ms for node in nodes] == pytest.approx(expected, abs=1e-6)


@given(plans())
def test_self_times_add_up_in_spite_of_rounding(root: Spent) -> None:
    plan = parse_plan([{"Plan": root.to_json(digits=3)}])
    selfs = [node.self_ms for node in plan.nodes() if node.self_ms is not None]
    assert min(selfs) >= 0
    assert sum(selfs) == pytest.approx(plan.root.total_ms, rel=0.01, abs=1e-9)


KEYS = st.sampled_from(["Outer", "Inner", "SubPlan", "InitPlan", "Member"])
NAMES = st.sampled_from(["CTE x", "InitPlan 1", "InitPlan 1 (returns $0)", ""])
TEXTS = st.sampled_from(["(a = $0)", "((InitPlan 1).col1)", "x"])
NUMBERS = st.one_of(st.floats(0, 1e6), st.integers(0, 10_000))


def wild_nodes(children: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    """Any numbers in any shape, as no server would print them."""
    return st.fixed_dictionaries(
        {"Node Type": st.sampled_from(["Gather", "CTE Scan", "Seq Scan", "Aggregate", "Other"])},
        optional={
            "Parent Relationship": KEYS,
            "Subplan Name": NAMES,
            "CTE Name": st.just("x"),
            "Filter": TEXTS,
            "Output": st.lists(TEXTS, max_size=2),
            "Actual Total Time": NUMBERS,
            "Actual Loops": st.integers(0, 1000),
            "Actual Rows": NUMBERS,
            "Plans": st.lists(children, max_size=3) if children is not None else st.just([]),
        },
    )


@given(st.recursive(wild_nodes(), wild_nodes, max_leaves=15))
def test_nonsense_is_read_without_a_failure(root: dict[str, Any]) -> None:
    plan = parse_plan({"Plan": root})
    selfs = [node.self_ms for node in plan.nodes() if node.self_ms is not None]
    assert all(self_ms >= 0 for self_ms in selfs)
    if plan.root.total_ms is not None:
        assert sum(selfs) == pytest.approx(plan.root.total_ms, rel=0.01, abs=1e-6)
