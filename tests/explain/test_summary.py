"""The sentence above a plan."""

from __future__ import annotations

import pytest

from orm_insight.explain.postgresql import parse_plan
from orm_insight.explain.sqlite import parse_query_plan
from orm_insight.explain.summary import summarize
from orm_insight.model.plan import Plan, PlanNode
from tests.builders import make_node, make_plan


def of(node_type: str, *, rows: float = 0, loops: float = 1, ms: float = 92.0, **raw) -> str:
    """The summary of a plan in which this step takes 92 ms of 100 ms."""
    facts = {key: raw.pop(key) for key in ("relation", "index", "alias") if key in raw}
    step = make_node(node_type, rows=rows, loops=loops, total_ms=ms, self_ms=ms, raw=raw, **facts)
    return summarize(make_plan(make_node("Limit", step, total_ms=100.0), execution_ms=100.0))


def test_sequential_scan_tells_what_it_throws_away():
    raw = {"Rows Removed by Filter": 49_900}

    assert of("Seq Scan", relation="blog_comment", rows=100, **raw) == (
        "92 % of 100 ms is a sequential scan of blog_comment that discards 49,900 of 50,000 rows."
    )


def test_rows_of_all_loops_are_counted():
    raw = {"Rows Removed by Filter": 50}

    assert of("Seq Scan", relation="t", rows=0, loops=1_000, **raw) == (
        "92 % of 100 ms is a sequential scan of t, run 1,000 times, that discards "
        "50,000 of 50,000 rows."
    )


@pytest.mark.parametrize(
    ("node_type", "facts", "words"),
    [
        ("Seq Scan", {"relation": "t", "rows": 7}, "a sequential scan of t that returns 7 rows"),
        ("Index Scan", {"relation": "t", "index": "i"}, "an index scan of t using i"),
        ("Index Only Scan", {"relation": "t", "index": "i"}, "an index-only scan of t using i"),
        (
            "Sort",
            {"rows": 9, "Sort Space Type": "Disk", "Sort Space Used": 2048},
            "a sort of 9 rows on disk (2.0 MB)",
        ),
        (
            "Bitmap Heap Scan",
            {"relation": "t", "rows": 2},
            "a bitmap heap scan of t that returns 2 rows",
        ),
        ("Sort", {"Sort Space Type": "Memory", "Sort Space Used": 20}, "a sort"),
        ("Hash Join", {"Join Type": "Inner"}, "a hash join"),
        ("Hash Join", {"Join Type": "Left"}, "a hash join (left join)"),
        ("Nested Loop", {"Join Type": "Semi"}, "a nested loop (EXISTS)"),
        (
            "Nested Loop",
            {"rows": 3, "Rows Removed by Join Filter": 997},
            "a nested loop that discards 997 of 1,000 pairs",
        ),
        ("Hash", {"Hash Batches": 8}, "building a hash table, in 8 parts on disk"),
        ("Aggregate", {"Strategy": "Plain"}, "computing an aggregate over all rows"),
        (
            "Aggregate",
            {"Strategy": "Hashed", "Disk Usage": 99},
            "grouping rows by a hash table on disk",
        ),
        ("SetOp", {"Command": "Except All"}, "comparing two sets of rows (EXCEPT)"),
        ("ModifyTable", {"Operation": "Update", "relation": "t"}, "updating t"),
        ("CTE Scan", {"CTE Name": "recent"}, "a scan of the CTE recent"),
        ("Quantum Scan", {"relation": "t"}, "the step Quantum Scan on t"),
        ("Unique", {}, "removing duplicates"),
    ],
)
def test_each_kind_of_step_in_plain_words(node_type, facts, words):
    assert of(node_type, **facts) == f"92 % of 100 ms is {words}."


def test_sort_reads_more_than_it_gives():
    sort = make_node("Sort", make_node(rows=50_000.0, total_ms=1.0), rows=10.0, total_ms=20.0)

    assert summarize(make_plan(sort)) == "95 % of 20.0 ms is a sort of 50,000 rows."


def test_fast_plan_says_so():
    plan = make_plan(make_node(total_ms=0.3, self_ms=0.3), planning_ms=0.1)

    assert summarize(plan) == "0.30 ms: nothing here is slow."


def test_short_planning_of_a_fast_plan_is_no_news():
    plan = make_plan(make_node(total_ms=0.3, self_ms=0.3), planning_ms=1.1)

    assert summarize(plan) == "0.30 ms: nothing here is slow."


def test_no_step_stands_out():
    assert of("Unique", ms=20.0, rows=1).startswith("80 %")
    steps = [make_node("Unique", total_ms=20.0) for _ in range(5)]
    plan = make_plan(make_node("Append", *steps, total_ms=100.0))

    assert summarize(plan) == (
        "No step stands out in 100 ms; the largest, with 20 %, is removing duplicates."
    )


def test_waiting_for_the_planner():
    plan = make_plan(make_node(total_ms=2.0), planning_ms=80.0)

    assert summarize(plan) == "Planning took 80.0 ms, longer than the execution: 2.0 ms."


def test_trigger_takes_the_time():
    trigger = {"Trigger Name": "RI_1", "Constraint Name": "fk_author", "Time": 80.0}
    plan = make_plan(make_node(total_ms=20.0), execution_ms=100.0, triggers=(trigger,))

    assert summarize(plan) == "80 % of 100 ms is the trigger fk_author."


def test_jit_takes_the_time():
    plan = make_plan(make_node(total_ms=100.0), jit_ms=60.0)
    compiled = make_plan(make_node("Append", *[make_node()] * 9, total_ms=100.0), jit_ms=60.0)

    assert "sequential scan" in summarize(plan)
    assert summarize(compiled) == "60 % of 100 ms is compiling the statement (JIT)."


def test_plan_that_was_not_measured_is_an_estimate():
    scan = PlanNode(node_type="Seq Scan", relation="t", plan_rows=1, raw={"Total Cost": 90.0})
    root = PlanNode(node_type="Limit", children=(scan,), raw={"Total Cost": 100.0})

    assert summarize(Plan(root=root)) == (
        "By the planner's estimate 90 % of the cost is a sequential scan of t, for 1 row; "
        "nothing was measured."
    )


def test_measured_without_times():
    payload = {"Plan": {"Node Type": "Seq Scan", "Relation Name": "t", "Actual Rows": 7}}
    payload["Plan"]["Actual Loops"] = 1

    assert summarize(parse_plan([payload])) == (
        "Times were not measured; most rows, 7, come from a sequential scan of t."
    )


def test_sqlite_speaks_of_the_ways_to_the_tables():
    rows = [
        (2, 0, 0, "SCAN comment"),
        (3, 0, 0, "SEARCH post USING INTEGER PRIMARY KEY (rowid=?)"),
        (4, 0, 0, "USE TEMP B-TREE FOR ORDER BY"),
    ]

    assert summarize(parse_query_plan(rows)) == (
        "All rows of comment are read; rows of post are found by an index or a key; rows are "
        "sorted in a temporary B-tree. SQLite measures no times."
    )


def test_sqlite_reads_a_whole_index():
    rows = [(2, 0, 0, "SCAN t USING COVERING INDEX t_a")]

    assert summarize(parse_query_plan(rows)) == (
        "A whole index of t is read. SQLite measures no times."
    )


def test_sqlite_builds_an_index():
    rows = [(2, 0, 0, "SEARCH b USING AUTOMATIC COVERING INDEX (x=?)")]

    assert summarize(parse_query_plan(rows)) == (
        "An index on b is built just for this statement. SQLite measures no times."
    )


def test_sqlite_names_a_few_tables_only():
    rows = [(number, 0, 0, f"SCAN t{number}") for number in range(2, 8)]

    assert summarize(parse_query_plan(rows)) == (
        "All rows of t2, t3, t4 and 3 more tables are read. SQLite measures no times."
    )


def test_no_table_at_all():
    assert summarize(Plan(root=PlanNode(node_type="Result"))) == "No table is read."
