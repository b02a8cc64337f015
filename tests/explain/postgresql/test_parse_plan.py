"""PostgreSQL's plans: every shape with the times that a person would have worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orm_insight.explain.base import NoPlan
from orm_insight.explain.postgresql import parse_plan
from orm_insight.model.plan import Plan, PlanNode


def node(node_type: str, total: float, *children: dict[str, Any], **raw: Any) -> dict[str, Any]:
    """``total`` is what PostgreSQL prints: the average of one loop."""
    defaults = {"Parent Relationship": "Outer", "Actual Loops": 1, "Actual Rows": 1}
    timing = {"Node Type": node_type, "Actual Total Time": total, "Plans": list(children)}
    return {**defaults, **timing, **{key.replace("_", " "): value for key, value in raw.items()}}


def parse(root: dict[str, Any], **document: Any) -> Plan:
    return parse_plan([{"Plan": root, **document}])


def find(plan: Plan, node_type: str) -> PlanNode:
    return next(node for node in plan.nodes() if node.node_type == node_type)


def selfs(plan: Plan) -> list[float | None]:
    return [node.self_ms for node in plan.nodes()]


def test_a_list_a_document_and_text_are_the_same() -> None:
    document = {"Plan": node("Result", 2.0), "Planning Time": 0.5, "Execution Time": 2.5}
    plans = [parse_plan(payload) for payload in ([document], document, json.dumps([document]))]
    assert plans[0] == plans[1] == plans[2]
    assert (plans[0].planning_ms, plans[0].execution_ms) == (0.5, 2.5)


def test_triggers_and_what_else_is_said_of_the_whole() -> None:
    trigger = {"Trigger Name": "t", "Time": 3.0, "Calls": 2}
    plan = parse(node("Result", 1.0), Triggers=[trigger], Settings={"work_mem": "1kB"}, Future=1)
    assert plan.triggers == (trigger,)
    assert plan.raw == {"Settings": {"work_mem": "1kB"}, "Future": 1}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        3,
        "",
        "no json",
        "[]",
        [],
        ["Utility Statement"],
        {},
        {"Plan": None},
        b"\xff",
        "[" * 100_000,
    ],
)
def test_no_plan(payload: Any) -> None:
    with pytest.raises(NoPlan):
        parse_plan(payload)


def test_unknown_nodes_and_keys_are_kept() -> None:
    plan = parse(node("Quantum Scan", 1.0, Entangled=[1], Relation_Name="cats"))
    assert plan.root.node_type == "Quantum Scan"
    assert plan.root.relation == "cats"
    assert plan.root.raw["Entangled"] == [1]
    assert "Plans" not in plan.root.raw


def test_without_analyze_nothing_is_measured() -> None:
    plan = parse({"Node Type": "Seq Scan", "Plan Rows": 7, "Total Cost": 1.0})
    root = plan.root
    assert (root.loops, root.rows, root.total_ms, root.self_ms) == (None, None, None, None)
    assert root.plan_rows == 7


def test_without_timing_rows_are_known() -> None:
    root = node("Seq Scan", 0, Actual_Loops=3, Actual_Rows=2)
    del root["Actual Total Time"]
    assert (parse(root).root.rows, parse(root).root.total_ms) == (6, None)


def test_loops_multiply_time_and_rows() -> None:
    inner = node("Index Scan", 0.5, Actual_Loops=10, Actual_Rows=2.5, Index_Name="by_author")
    plan = parse(node("Nested Loop", 9.0, node("Seq Scan", 1.0), inner))
    found = find(plan, "Index Scan")
    assert (found.total_ms, found.rows, found.index) == (5.0, 25.0, "by_author")
    assert selfs(plan) == [3.0, 1.0, 5.0]


def test_never_executed() -> None:
    plan = parse(node("Append", 1.0, node("Seq Scan", 0.0, Actual_Loops=0, Actual_Rows=0)))
    child = plan.root.children[0]
    assert not child.executed
    assert (child.total_ms, child.self_ms, child.rows) == (None, None, 0)
    assert plan.root.executed


def test_workers_run_side_by_side() -> None:
    scan = node("Seq Scan", 8.0, Actual_Loops=3, Actual_Rows=100)
    plan = parse(node("Gather", 10.0, node("Sort", 9.0, scan, Actual_Loops=3)))
    assert selfs(plan) == [1.0, 1.0, 8.0]
    assert find(plan, "Seq Scan").rows == 300


def test_a_gather_inside_a_loop() -> None:
    scan = node("Seq Scan", 2.0, Actual_Loops=30)
    gather = node("Gather Merge", 3.0, scan, Actual_Loops=10)
    plan = parse(node("Nested Loop", 31.0, gather))
    assert selfs(plan) == [1.0, 10.0, 20.0]


def test_a_single_copy_gather() -> None:
    plan = parse(node("Gather", 10.0, node("Seq Scan", 9.0), Workers_Launched=1))
    assert selfs(plan) == [1.0, 9.0]


def test_a_subplan_of_a_gather_runs_in_the_leader() -> None:
    subplan = node("Index Scan", 1.0, Parent_Relationship="SubPlan", Actual_Loops=3)
    scan = node("Seq Scan", 4.0, Actual_Loops=2)
    plan = parse(node("Gather", 10.0, scan, subplan))
    assert selfs(plan) == [3.0, 4.0, 3.0]


def test_a_cte_is_taken_off_its_scans() -> None:
    cte = node("Seq Scan", 6.0, Parent_Relationship="InitPlan", Subplan_Name="CTE x")
    scans = [node("CTE Scan", 7.0, CTE_Name="x"), node("CTE Scan", 1.0, CTE_Name="x")]
    plan = parse(node("Nested Loop", 10.0, cte, *scans))
    assert selfs(plan) == [2.0, 6.0, 1.75, 0.25]


def test_the_nearest_cte_of_a_name_is_meant() -> None:
    outer = node("Seq Scan", 4.0, Parent_Relationship="InitPlan", Subplan_Name="CTE x")
    inner = node(
        "Hash",
        6.0,
        node("CTE Scan", 5.0, CTE_Name="x"),
        Parent_Relationship="InitPlan",
        Subplan_Name="CTE x",
    )
    below = node("Limit", 8.0, inner, node("CTE Scan", 7.0, CTE_Name="x"))
    found = selfs(parse(node("Sort", 9.0, outer, below)))
    assert found == pytest.approx([1.0, 4.0, 1.0, 1.0, 1.0, 1.0])


def test_what_the_scans_did_not_wait_for_comes_off_the_owner() -> None:
    cte = node("Seq Scan", 6.0, Parent_Relationship="InitPlan", Subplan_Name="CTE x")
    plan = parse(node("Hash Join", 10.0, cte, node("CTE Scan", 2.0, CTE_Name="x")))
    assert selfs(plan) == [4.0, 6.0, 0.0]


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("InitPlan 1 (returns $1)", "(id < $1)"),
        ("InitPlan 1 (returns $0,$1)", "(id < $1)"),
        ("InitPlan 1", "(id < (InitPlan 1).col1)"),
        ("InitPlan biggest", "(id < (InitPlan biggest).col1)"),
        ("biggest", "(id < (InitPlan biggest).col1)"),
    ],
)
def test_an_init_plan_is_taken_off_its_user(name: str, use: str) -> None:
    init = node("Aggregate", 3.0, Parent_Relationship="InitPlan", Subplan_Name=name)
    other = node("Seq Scan", 4.0, Filter="(id < $10) AND (x = (InitPlan 10).col1)")
    plan = parse(node("Append", 10.0, init, other, node("Index Scan", 5.0, Filter=use)))
    assert selfs(plan) == [1.0, 3.0, 4.0, 2.0]


def test_an_init_plan_is_taken_off_where_it_is_computed_not_where_it_is_passed_on() -> None:
    init = node("Aggregate", 3.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    scan = node("Seq Scan", 5.0, Output=["(InitPlan 1).col1"])
    plan = parse(node("Sort", 9.0, init, scan, Output=["((InitPlan 1).col1)"]))
    assert selfs(plan) == [4.0, 3.0, 2.0]


def test_what_was_shorter_than_an_init_plan_has_not_waited_for_it() -> None:
    init = node("Aggregate", 5.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    use = {"Filter": "(id < (InitPlan 1).col1)"}
    below = node("Seq Scan", 2.0, Parent_Relationship="SubPlan", **use)
    plan = parse(node("Append", 10.0, init, node("Index Scan", 9.0, below, **use)))
    assert selfs(plan) == [1.0, 5.0, 2.0, 2.0]


def test_a_gather_computes_what_its_workers_use() -> None:
    init = node("Aggregate", 3.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    scan = node("Seq Scan", 2.0, Actual_Loops=3, Filter="(id < (InitPlan 1).col1)")
    plan = parse(node("Limit", 7.0, init, node("Gather", 6.0, scan)))
    assert selfs(plan) == [1.0, 3.0, 1.0, 2.0]


def test_an_init_plan_below_a_gather_that_ran_once_had_one_process() -> None:
    init = node("Result", 3.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    scan = node("Seq Scan", 4.0, init, Actual_Loops=3)
    assert find(parse(node("Gather", 6.0, scan)), "Result").total_ms == 3.0


def test_an_init_plan_whose_use_is_not_printed() -> None:
    init = node("Aggregate", 3.0, Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1")
    plan = parse(node("Limit", 6.0, init, node("Sort", 5.5, node("Seq Scan", 1.0))))
    assert selfs(plan) == [0.0, 3.0, 2.0, 1.0]


def test_a_writing_cte_that_nothing_reads_runs_after_the_root() -> None:
    cte = node(
        "ModifyTable", 5.0, Operation="Insert", Parent_Relationship="InitPlan", Subplan_Name="CTE x"
    )
    assert selfs(parse(node("Result", 0.5, cte))) == [0.5, 5.0]


def test_a_foreign_scan_that_reads_is_no_cte_that_writes() -> None:
    place = {"Parent_Relationship": "InitPlan", "Subplan_Name": "CTE x"}
    cte = node("Foreign Scan", 5.0, Operation="Select", **place)
    assert selfs(parse(node("Result", 5.5, cte))) == [0.5, 5.0]


def test_rounding_of_many_loops_does_not_make_children_longer_than_parents() -> None:
    outer = node("Seq Scan", 100.0)
    inner = node("Index Only Scan", 0.001, Actual_Loops=50_000)
    plan = parse(node("Nested Loop", 130.0, outer, inner))
    assert selfs(plan) == pytest.approx([0.0, 100.0, 30.0], abs=0.001)
    assert find(plan, "Index Only Scan").total_ms == 50.0


def test_children_that_overlap_share_their_parents_time() -> None:
    plan = parse(node("Append", 10.0, node("Foreign Scan", 9.0), node("Foreign Scan", 9.0)))
    assert selfs(plan) == pytest.approx([0.0, 5.0, 5.0])
