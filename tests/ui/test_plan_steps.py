"""One step of a plan: its numbers, its marks, and what is told of it."""

from __future__ import annotations

import pytest

from orm_insight.explain.postgresql import parse_plan
from orm_insight.explain.sqlite import parse_query_plan
from orm_insight.model.plan import Buffers, Plan, PlanNode
from orm_insight.ui.plan_tree import plan_view
from tests.builders import make_finding, make_node, make_plan

TIMES = "\N{MULTIPLICATION SIGN}"
PAYLOAD = [
    {
        "Plan": {
            "Node Type": "Nested Loop",
            "Join Type": "Left",
            "Plan Rows": 10,
            "Actual Rows": 200,
            "Actual Loops": 1,
            "Actual Total Time": 50.0,
            "Shared Hit Blocks": 1234,
            "Shared Read Blocks": 6,
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
                    "Shared Read Blocks": 6,
                    "Local Hit Blocks": 0,
                    "Parallel Aware": False,
                    "Brand New Key": {"a": 1},
                },
                {
                    "Node Type": "Index Scan",
                    "Parent Relationship": "Inner",
                    "Subplan Name": "CTE recent",
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


@pytest.fixture
def steps():
    return plan_view(parse_plan(PAYLOAD)).steps


def test_measured_plan_tells_time_rows_and_loops_of_each_step(steps):
    root, scan, idle = steps

    assert (root.title, root.total) == ("Nested Loop (Left)", "50 ms")
    assert (scan.title, scan.target) == ("Seq Scan", "on blog_post p")
    assert (scan.rows, scan.planned, scan.loops) == ("200", "20", "2")
    assert (scan.own, scan.share, scan.is_slowest) == ("40 ms", "78 %", True)
    assert (scan.buffers, scan.buffers_note) == ("1,240", "6 read")
    assert idle.target == "on blog_author using blog_author_pkey"


def test_step_that_never_ran_has_no_numbers(steps):
    idle = steps[2]

    assert not idle.is_executed
    assert (idle.own, idle.total, idle.rows, idle.bar) == ("", "", "", None)


def test_name_under_which_a_step_is_used_is_told(steps):
    assert [step.role for step in steps] == ["", "", "CTE recent"]


def test_estimate_that_is_far_off_is_marked(steps):
    root, scan, idle = steps

    assert (root.off, root.off_note) == (f"▲ 20{TIMES}", "20 times more rows than planned")
    assert (scan.off, idle.off) == (f"▲ 10{TIMES}", "")


def test_rows_under_a_limit_are_no_misestimate():
    limit = make_node("Limit", make_node(rows=10.0, plan_rows=100_000.0), rows=10.0, plan_rows=10.0)

    assert [step.off for step in plan_view(make_plan(limit)).steps] == ["", ""]


def test_numbers_of_one_loop_are_told_for_all(steps):
    assert dict(steps[1].details)["Rows Removed by Filter"] == "14"


def test_every_key_of_the_database_is_there(steps):
    lines = steps[1].raw.split("\n")

    assert "Filter: (title &lt;&gt; '&lt;b&gt;'::text)" in lines
    assert 'Brand New Key: {"a": 1}' in lines
    assert "0: Local Hit Blocks" in lines
    assert "false: Parallel Aware" in lines


def test_workers_are_told():
    worker = {"Worker Number": 0, "Actual Rows": 5, "Actual Loops": 1, "Shared Hit Blocks": 0}
    node = make_node(workers=(worker,), io_read_ms=1.5, buffers=Buffers(temp_written=3))

    step = plan_view(make_plan(node)).steps[0]

    assert step.costs == (
        ("Reading blocks", "1.5 ms of its own time"),
        ("Worker 0", "rows 5, loops 1"),
    )
    assert (step.buffers, step.buffers_note) == ("", "3 temp")


def test_buffers_are_told_with_and_without_the_inputs():
    raw = {"Shared Hit Blocks": 9, "Temp Written Blocks": 3}
    node = make_node("Sort", make_node(), raw=raw, buffers=Buffers(shared_hit=2, temp_written=3))

    assert plan_view(make_plan(node)).steps[0].costs == (
        ("Own buffers", "shared hit 2, temp written 3"),
        ("Buffers with inputs", "shared hit 9, temp written 3"),
    )


def test_findings_are_badges_of_their_step():
    scan = make_node()
    root = make_node("Limit", scan)
    findings = (make_finding(scan, title="on disk"), make_finding(root, is_of_plan=True))

    found = plan_view(make_plan(root, findings=findings)).steps

    assert [step.badges for step in found] == [(), ("on disk",)]


def test_share_is_not_rounded_up_to_the_whole():
    root = make_node("Limit", make_node(total_ms=999.0), total_ms=1_000.0)

    assert [step.share for step in plan_view(make_plan(root)).steps] == ["", "99 %"]
    assert plan_view(make_plan()).steps[0].share == "100 %"


def test_costs_where_nothing_was_measured():
    scan = PlanNode(node_type="Seq Scan", plan_rows=5, raw={"Total Cost": 75.0})
    root = PlanNode(node_type="Sort", plan_rows=5, children=(scan,), raw={"Total Cost": 100.0})

    view = plan_view(Plan(root=root))

    assert view.unit == "cost"
    assert [(step.own, step.share, step.total) for step in view.steps] == [
        ("25", "25 %", "100"),
        ("75", "75 %", "75"),
    ]


def test_detail_of_sqlite_is_told_where_it_says_more():
    rows = [(2, 0, 0, "SCAN book"), (3, 0, 0, "SEARCH person USING INTEGER PRIMARY KEY (rowid=?)")]

    steps = plan_view(parse_query_plan(rows)).steps

    assert [step.details for step in steps[1:]] == [
        (),
        (("detail", "SEARCH person USING INTEGER PRIMARY KEY (rowid=?)"),),
    ]
