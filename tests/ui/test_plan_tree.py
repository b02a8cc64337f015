"""The tree of a plan's steps: order, what is folded, and the strip above it."""

from __future__ import annotations

from orm_insight.model.plan import Buffers, Plan, PlanNode
from orm_insight.ui.plan_tree import LARGE, MAX_NESTING, MAX_STEPS, SMALL, plan_view
from tests.builders import make_finding, make_node, make_plan


def balance(view) -> int:
    opened = sum(step.has_branch + bool(step.group) for step in view.steps)
    return opened - sum(step.closes for step in view.steps)


def test_what_is_nothing_in_every_step_of_a_large_plan_is_told_once():
    raw = {"Disabled": False, "Local Hit Blocks": 0, "Workers": [], "Shared Hit Blocks": 0}
    parts = [make_node(raw=raw) for _ in range(LARGE)]
    small = plan_view(make_plan(make_node(raw=raw)))
    large = plan_view(make_plan(make_node("Append", *parts, raw={"Shared Hit Blocks": 5})))

    assert (
        small.steps[0].raw == "false: Disabled\n0: Local Hit Blocks, Shared Hit Blocks\n[]: Workers"
    )
    assert small.nothing == ""
    assert large.steps[1].raw == "0: Shared Hit Blocks"
    assert large.nothing == "Disabled, Local Hit Blocks, Workers"


def test_what_the_database_said_of_the_whole_is_there():
    view = plan_view(make_plan(raw={"Settings": {"work_mem": "64MB"}, "Query Identifier": 7}))

    assert view.about == 'Settings: {"work_mem": "64MB"}\nQuery Identifier: 7'


def test_column_of_blocks_only_where_some_were_touched():
    touched = make_plan(make_node(buffers=Buffers(shared_hit=1)))

    assert plan_view(touched).has_buffers
    assert not plan_view(make_plan(make_node(buffers=Buffers()))).has_buffers


def test_small_plan_is_open():
    root = make_node("Append", make_node(total_ms=20.0), make_node(total_ms=20.0), total_ms=50.0)
    steps = plan_view(make_plan(root)).steps

    assert all(step.is_open for step in steps)
    assert [step.closes for step in steps] == [0, 0, 1]
    assert steps[0].hidden == "2 more steps, 40 ms"


def many_joins(count: int, *, finding_at: int = -1) -> Plan:
    """A left-deep plan; the innermost scan takes most."""
    node = slow = make_node(relation="slow", total_ms=90.0)
    inner = []
    for number in range(count):
        inner.append(make_node(relation=f"t{number}", total_ms=0.01))
        node = make_node("Nested Loop", node, inner[-1], total_ms=node.total_ms + 0.01)
    findings = (make_finding(inner[finding_at]),) if finding_at >= 0 else ()
    assert slow.self_ms == 90.0
    return make_plan(node, findings=findings)


def test_way_to_the_slowest_step_is_open_and_the_rest_folded():
    view = plan_view(many_joins(SMALL))

    is_open = {step.target: step.is_open for step in view.steps if step.target}
    assert is_open.pop("on slow")
    assert not any(is_open.values())
    assert all(step.is_open for step in view.steps if step.title == "Nested Loop")
    assert balance(view) == 0
    assert view.can_unfold


def test_way_to_a_finding_is_open():
    view = plan_view(many_joins(SMALL, finding_at=3))

    assert [step.target for step in view.steps if step.target and step.is_open] == [
        "on slow",
        "on t3",
    ]


def test_partitions_that_are_quick_are_put_together():
    slow = make_node(relation="p7", total_ms=80.0)
    parts = [make_node(relation=f"q{number}", total_ms=0.1) for number in range(40)]
    root = make_node("Append", *parts[:5], slow, *parts[5:], total_ms=84.0)

    view = plan_view(make_plan(root))

    assert [step.group for step in view.steps if step.group] == [
        "5 more steps, 0.50 ms",
        "35 more steps, 3.5 ms",
    ]
    assert balance(view) == 0
    assert view.steps[-1].closes == 2


def test_very_deep_plan_is_shown():
    node = make_node("Result")
    for _ in range(3_000):
        node = make_node("Result", node)

    view = plan_view(make_plan(node))

    assert len(view.steps) == MAX_STEPS
    assert sum(step.has_branch for step in view.steps) == MAX_NESTING
    assert balance(view) == 0
    assert view.more.startswith("2,001 more steps")


def test_very_wide_plan_is_cut_with_all_branches_closed():
    root = make_node("Append", *(make_node() for _ in range(3_000)), total_ms=90_000.0)

    view = plan_view(make_plan(root))

    assert len(view.steps) == MAX_STEPS
    assert balance(view) == 0


def test_without_times_and_costs_everything_is_open():
    root = PlanNode(node_type="QUERY PLAN", children=(PlanNode(node_type="SCAN"),) * 30)

    view = plan_view(Plan(root=root))

    assert (view.unit, view.strip, view.has_rows) == ("", (), False)
    assert all(step.is_open for step in view.steps)


def test_strip_has_the_largest_steps_and_the_rest():
    steps = [make_node(relation=f"t{number}", total_ms=ms) for number, ms in enumerate((5, 50, 2))]
    plan = make_plan(make_node("Append", *steps, total_ms=57.0), execution_ms=100.0)

    parts = plan_view(plan, prefix="s").strip

    assert [(part.label, part.value, part.href, part.x, part.width) for part in parts] == [
        ("Seq Scan on t1", "50 ms, 50 %", "#s2", "0.00%", "50.00%"),
        ("Seq Scan on t0", "5.0 ms, 5 %", "#s1", "50.00%", "5.00%"),
        ("the rest", "45 ms, 45 %", "", "55.00%", "45.00%"),
    ]


def test_triggers_are_in_the_strip():
    trigger = {"Trigger Name": "t", "Time": 40.0}
    plan = make_plan(make_node("Insert", make_node()), execution_ms=100.0, triggers=(trigger,))

    assert "Triggers" in [part.label for part in plan_view(plan).strip]
