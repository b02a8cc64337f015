"""Plans about which the rules have nothing to say."""

from __future__ import annotations

from typing import Any

import pytest

from orm_insight.explain.postgresql.findings import find
from tests.explain.shapes import INNER, SELECTIVE, codes, loop, node, parse, scan

SILENT = {
    "a scan that keeps what it reads": scan(100.0, Actual_Rows=9_000),
    "few rows thrown away": scan(100.0, Rows_Removed_by_Filter=9_000),
    "rows thrown away, most of them kept": node(
        "Aggregate",
        100.0,
        scan(99.0, Actual_Rows=90_000, Rows_Removed_by_Filter=20_000),
        Strategy="Plain",
    ),
    "less than a millisecond": scan(0.9, **SELECTIVE),
    "less than a tenth": node("Sort", 1000.0, scan(90.0, **SELECTIVE)),
    "never executed": node("Append", 10.0, scan(0.0, **SELECTIVE, Actual_Loops=0)),
    "an index scan that finds what it wants": scan(
        100.0, "Index Scan", Index_Cond="(c.id > 3)", Rows_Removed_by_Filter=40
    ),
    "a sort in memory": node("Sort", 100.0, Sort_Space_Type="Memory", Sort_Space_Used=900),
    "a hash in one batch": node("Hash", 100.0, Hash_Batches=1, Peak_Memory_Usage=900),
    "a bitmap that fits": scan(100.0, "Bitmap Heap Scan", Exact_Heap_Blocks=900),
    "an estimate off by nine": scan(100.0, Actual_Rows=900, Plan_Rows=100),
    "few rows, badly estimated": scan(100.0, Actual_Rows=20, Plan_Rows=1),
    "fewer rows under LIMIT": node("Limit", 100.0, scan(99.0, Plan_Rows=5_000), Plan_Rows=1),
    "fewer rows below steps that stop with LIMIT": node(
        "Limit", 100.0, node("Append", 99.0, scan(99.0, Plan_Rows=5_000), Plan_Rows=1)
    ),
    "the inner side of a semi join": loop(
        scan(9.0, Actual_Rows=1, Plan_Rows=500, Actual_Loops=10), Join_Type="Semi"
    ),
    "the inner side of a unique join": loop(
        scan(9.0, Actual_Rows=1, Plan_Rows=500, Actual_Loops=10), Inner_Unique=True
    ),
    "a merge join that has ended": node(
        "Merge Join", 100.0, scan(50.0), scan(40.0, Plan_Rows=9_000, **INNER)
    ),
    "a subquery that may be EXISTS": node(
        "Result", 100.0, scan(90.0, Plan_Rows=9_000, Parent_Relationship="SubPlan")
    ),
    "rows that a bitmap does not count": scan(100.0, "Bitmap Index Scan", Plan_Rows=5_000),
    "writes without RETURNING": node("ModifyTable", 100.0, Actual_Rows=0, Plan_Rows=5_000),
    "an estimate of an unfinished loop, rounded": loop(
        scan(0.5, Actual_Rows=0, Plan_Rows=1, Actual_Loops=10)
    ),
    "an index-only scan of clean pages": scan(
        100.0, "Index Only Scan", Actual_Rows=1_000, Heap_Fetches=99
    ),
    "a loop of 999": loop(scan(0.09, "Index Scan", Actual_Loops=999)),
    "a loop that takes little": loop(scan(0.01, "Index Scan", Actual_Loops=1_000)),
    "a subquery that ran 999 times": node(
        "Result", 100.0, scan(0.09, Actual_Loops=999, Parent_Relationship="SubPlan")
    ),
    "a first page": node("Limit", 100.0, scan(99.0, Actual_Rows=25), Actual_Rows=25),
    "many rows, limited": node("Limit", 100.0, Actual_Rows=20_000),
    "many rows, limited below a sort": node(
        "Sort", 100.0, node("Limit", 90.0, Actual_Rows=20_000), Actual_Rows=20_000
    ),
    "many rows on their way to a count": node(
        "Aggregate", 100.0, scan(99.0, Actual_Rows=90_000), Strategy="Plain"
    ),
    "blocks from the cache": scan(100.0, Shared_Hit_Blocks=900, Shared_Read_Blocks=899),
    "few blocks": scan(100.0, Shared_Hit_Blocks=0, Shared_Read_Blocks=9),
    "pages full of rows": scan(
        100.0, Actual_Rows=9_000, Plan_Width=800, Shared_Hit_Blocks=1_000, Shared_Read_Blocks=0
    ),
    "narrow columns of wide rows": scan(
        100.0, Actual_Rows=9_000, Plan_Width=8, Shared_Hit_Blocks=9_000, Shared_Read_Blocks=0
    ),
    "all workers": node("Gather", 100.0, Workers_Planned=2, Workers_Launched=2),
    "a filter on a small CTE": node(
        "CTE Scan", 100.0, Rows_Removed_by_Filter=900, CTE_Name="x", Filter="(x.a = 1)"
    ),
}


@pytest.mark.parametrize("root", SILENT.values(), ids=SILENT)
def test_silent(root: dict[str, Any]) -> None:
    assert codes(parse(root)) == []


@pytest.mark.parametrize(
    "document",
    [
        {"JIT": {"Timing": {"Total": 19.0}}},
        {"Planning_Time": 99.0},
        {"Triggers": [{"Trigger Name": "t", "Time": 19.0, "Calls": 2}]},
    ],
    ids=["jit", "planning", "triggers"],
)
def test_silent_about_the_whole(document: dict[str, Any]) -> None:
    assert codes(parse(scan(100.0), **document)) == []


def test_short_planning_is_no_finding_even_if_the_execution_is_shorter() -> None:
    assert codes(parse(scan(2.0), Planning_Time=4.9)) == []


def test_a_plan_that_was_not_executed_has_no_findings() -> None:
    root = {"Node Type": "Seq Scan", "Plan Rows": 9_000, "Filter": "(a = 1)", "Total Cost": 9.0}
    assert codes(parse(root, Planning_Time=9.0)) == []


def test_nothing_of_what_was_captured_without_measured_times() -> None:
    assert find(parse(scan(100.0)), captured_ms=499.0) == ()
