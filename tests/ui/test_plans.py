"""Plans as a tree of steps."""

from __future__ import annotations

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explain.postgresql import parse_plan
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.ui.plans import explain_result
from tests.builders import make_query

PAYLOAD = [
    {
        "Plan": {
            "Node Type": "Nested Loop",
            "Join Type": "Left",
            "Plan Rows": 10,
            "Actual Rows": 200,
            "Actual Loops": 1,
            "Actual Total Time": 50.0,
            "Plans": [
                {
                    "Node Type": "Seq Scan",
                    "Parent Relationship": "Outer",
                    "Relation Name": "blog_post",
                    "Alias": "p",
                    "Filter": "(title <> '<b>'::text)",
                    "Rows Removed by Filter": 7,
                    "Plan Rows": 10,
                    "Actual Rows": 100,
                    "Actual Loops": 2,
                    "Actual Total Time": 20.0,
                    "Shared Hit Blocks": 1234,
                },
                {
                    "Node Type": "Index Scan",
                    "Parent Relationship": "Inner",
                    "Relation Name": "blog_author",
                    "Alias": "blog_author",
                    "Index Name": "blog_author_pkey",
                    "Plan Rows": 1,
                    "Actual Rows": 0,
                    "Actual Loops": 0,
                    "Actual Total Time": 0.0,
                },
            ],
        },
        "Planning Time": 1.5,
        "Execution Time": 51.0,
    }
]


def result(**facts):
    defaults = {"query": make_query(duration_ms=8.0), "outcome": Outcome.EXPLAINED}
    return explain_result(Explanation(vendor="postgresql", **{**defaults, **facts}))


def test_measured_plan_tells_time_rows_and_loops_of_each_step():
    found = result(plan=parse_plan(PAYLOAD), analyzed=True, text="…", payload=PAYLOAD)
    root, scan, idle = found.plan.steps

    assert (root.title, root.depth, root.total_time) == ("Nested Loop (Left)", 0, "50 ms")
    assert (scan.title, scan.target, scan.depth) == ("Seq Scan", "on blog_post p", 1)
    assert (scan.rows, scan.estimate, scan.loops) == ("200", "20", "2")
    assert (scan.self_time, scan.is_slowest) == ("40 ms", True)
    assert not idle.is_executed
    assert idle.target == "on blog_author using blog_author_pkey"


def test_numbers_of_one_loop_are_told_for_all():
    scan = result(plan=parse_plan(PAYLOAD), analyzed=True).plan.steps[1]

    assert dict(scan.details)["Rows Removed by Filter"] == "14"
    assert dict(scan.details)["Buffers"] == "shared hit 1,234"


def test_captured_and_explained_duration_stand_side_by_side():
    found = result(plan=parse_plan(PAYLOAD), analyzed=True)

    assert [(fact.label, fact.value) for fact in found.facts] == [
        ("Captured", "8.0 ms"),
        ("Explained", "51 ms"),
        ("Planning", "1.5 ms"),
    ]


def test_plan_that_was_not_executed_claims_no_times():
    node = PlanNode(node_type="Seq Scan", relation="t", plan_rows=50)
    found = result(plan=Plan(root=node), notice="It writes.")

    assert not found.plan.has_times
    assert not found.plan.is_measured
    assert found.notice == "It writes."
    assert found.title == "Planned, not executed"


def test_error_instead_of_a_plan():
    found = result(outcome=Outcome.FAILED, error="relation <t> does not exist")

    assert found.plan is None
    assert found.error == "relation <t> does not exist"


def test_very_deep_plan_is_shown():
    node = PlanNode(node_type="Result")
    for _ in range(3_000):
        node = PlanNode(node_type="Result", children=(node,))

    assert result(plan=Plan(root=node)).plan.steps[-1].depth == 999
