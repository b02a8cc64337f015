"""A plan in psql's layout, rendered from JSON."""

from __future__ import annotations

from typing import Any

import pytest

from orm_insight.explain.text import render


def first_line(**raw: Any) -> str:
    return render([{"Plan": {key.replace("_", " "): value for key, value in raw.items()}}])


SCAN = {
    "Node Type": "Seq Scan",
    "Parent Relationship": "Outer",
    "Parallel Aware": True,
    "Relation Name": "post",
    "Schema": "public",
    "Alias": "p",
    "Startup Cost": 0.0,
    "Total Cost": 12.5,
    "Plan Rows": 7,
    "Plan Width": 4,
    "Actual Startup Time": 0.01,
    "Actual Total Time": 2.5,
    "Actual Rows": 5,
    "Actual Loops": 2,
    "Output": ["id", "title"],
    "Filter": "(id > 3)",
    "Rows Removed by Filter": 9,
    "Shared Hit Blocks": 3,
    "Shared Read Blocks": 0,
    "Temp Written Blocks": 1,
    "Disabled": False,
    "Workers": [
        {
            "Worker Number": 0,
            "Actual Startup Time": 0.1,
            "Actual Total Time": 1.0,
            "Actual Rows": 1,
            "Actual Loops": 1,
        }
    ],
}
INIT = {"Node Type": "Result", "Subplan Name": "InitPlan 1", "Actual Loops": 0}
DOCUMENT = {
    "Plan": {"Node Type": "Gather", "Plans": [INIT, SCAN], "Workers Planned": 1},
    "Settings": {"work_mem": "1MB"},
    "Planning": {"Shared Hit Blocks": 2},
    "Planning Time": 0.5,
    "Triggers": [],
    "Execution Time": 3.25,
    "Future Key": {"a": 1},
}


def test_a_plan() -> None:
    assert render([DOCUMENT]).splitlines() == [
        "Gather",
        "  Workers Planned: 1",
        "  InitPlan 1",
        "    ->  Result (never executed)",
        "  ->  Parallel Seq Scan on public.post p  (cost=0.00..12.50 rows=7 width=4) "
        "(actual time=0.010..2.500 rows=5 loops=2)",
        "        Output: id, title",
        "        Filter: (id > 3)",
        "        Rows Removed by Filter: 9",
        "        Buffers: shared hit=3, temp written=1",
        "        Worker 0: actual time=0.100..1.000 rows=1 loops=1",
        "Settings: work_mem = '1MB'",
        "Planning:",
        "  Buffers: shared hit=2",
        "Planning Time: 0.500 ms",
        "Execution Time: 3.250 ms",
        'Future Key: {"a": 1}',
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            {"Node_Type": "Aggregate", "Strategy": "Hashed", "Partial_Mode": "Partial"},
            "Partial HashAggregate",
        ),
        ({"Node_Type": "Aggregate", "Strategy": "Plain", "Partial_Mode": "Simple"}, "Aggregate"),
        ({"Node_Type": "Hash Join", "Join_Type": "Left"}, "Hash Left Join"),
        ({"Node_Type": "Nested Loop", "Join_Type": "Semi"}, "Nested Loop Semi Join"),
        ({"Node_Type": "Merge Join", "Join_Type": "Inner"}, "Merge Join"),
        ({"Node_Type": "SetOp", "Strategy": "Hashed", "Command": "Except"}, "HashSetOp Except"),
        (
            {"Node_Type": "ModifyTable", "Operation": "Insert", "Relation_Name": "a", "Alias": "a"},
            "Insert on a",
        ),
        (
            {
                "Node_Type": "Index Scan",
                "Index_Name": "i",
                "Scan_Direction": "Backward",
                "Relation_Name": "a",
            },
            "Index Scan Backward using i on a",
        ),
        ({"Node_Type": "Bitmap Index Scan", "Index_Name": "i"}, "Bitmap Index Scan on i"),
        ({"Node_Type": "CTE Scan", "CTE_Name": "x", "Alias": "y"}, "CTE Scan on x y"),
        (
            {"Node_Type": "Function Scan", "Function_Name": "f", "Schema": "s", "Alias": "f"},
            "Function Scan on s.f",
        ),
        ({"Node_Type": "Subquery Scan", "Alias": "s"}, "Subquery Scan on s"),
        (
            {"Node_Type": "Seq Scan", "Actual_Rows": 1.5, "Actual_Loops": 2},
            "Seq Scan (actual rows=1.5 loops=2)",
        ),
    ],
)
def test_headlines(raw: dict[str, Any], expected: str) -> None:
    assert first_line(**raw) == expected
