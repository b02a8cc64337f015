"""The findings of each rule in a plan, and their words."""

from __future__ import annotations

from typing import Any

import pytest

from orm_insight.explain.postgresql.findings import RULES, find
from orm_insight.model.plan import Finding
from orm_insight.model.schema import ModelFacts, Schema
from tests.explain.shapes import INNER, SELECTIVE, codes, loop, node, parse, scan

SCHEMA = Schema(
    models={
        "blog.Comment": ModelFacts(
            label="blog.Comment",
            name="Comment",
            table="blog_comment",
            pk="id",
            columns={"id": "id", "post_id": "post", "created_at": "created_at"},
        )
    }
)


def only(root: dict[str, Any], **document: Any) -> Finding:
    plan = parse(root, **document)
    assert len(plan.findings) == 1, codes(plan)
    return plan.findings[0]


def test_selective_sequential_scan() -> None:
    found = only(scan(184.0, **SELECTIVE))
    assert (found.code, found.hint) == ("selective-seq-scan", "ORM602")
    assert (found.share, found.ms) == (1.0, 184.0)
    assert "of 50,000 rows it discards 49,900 that do not match" in found.message
    assert "post_id=7" in found.message


def test_all_loops_of_a_scan_count() -> None:
    found = only(node("Gather", 90.0, scan(80.0, **SELECTIVE, Actual_Loops=3), Workers_Launched=2))
    assert "of 150,000 rows" in found.message
    assert found.ms == 80.0


def test_partitions_count_together() -> None:
    part = {**SELECTIVE, "Rows_Removed_by_Filter": 4_900}
    parts = [scan(8.0 + number, **{**part, "Alias": f"c_{number}"}) for number in range(5)]
    found = only(node("Append", 60.0, *parts, Actual_Rows=500))
    assert (found.ms, found.node.alias) == (50.0, "c_4")
    assert (
        "all of 5 partitions of c: of 25,000 rows it discards 24,500 that do not match"
        in found.message
    )
    tables = [scan(8.0, **{**part, "Alias": f"table{number}_x"}) for number in range(5)]
    assert codes(parse(node("Append", 60.0, *tables, Actual_Rows=500))) == []


def test_fields_and_lookups_are_named() -> None:
    condition = "((c.post_id = 7) AND (c.created_at >= '2026-01-01'::timestamp with time zone))"
    plan = parse(scan(100.0, **{**SELECTIVE, "Filter": condition}))
    [found] = find(plan, schema=SCHEMA)
    assert "post=7, created_at__gte='2026-01-01'" in found.message
    assert "An index on post, created_at" in found.advice


def test_a_pattern_wants_trigrams_and_a_function_an_index_of_its_own() -> None:
    pattern = only(scan(9.0, **{**SELECTIVE, "Filter": "((c.body)::text ~~ '%x%'::text)"}))
    function = only(scan(9.0, **{**SELECTIVE, "Filter": "(lower(c.body) = 'x'::text)"}))
    day = "(((c.created_at AT TIME ZONE 'UTC'::text))::date = '2026-01-01'::date)"
    of_date = only(scan(9.0, **{**SELECTIVE, "Filter": day}))
    assert (pattern.hint, "trigram" in pattern.advice) == ("ORM603", True)
    assert (function.hint, 'Lower("body")' in function.advice) == ("ORM606", True)
    assert (of_date.hint, "created_at__gte" in of_date.advice) == ("ORM606", True)


@pytest.mark.parametrize("kind", ["Index Scan", "Index Only Scan", "Bitmap Heap Scan"])
def test_inefficient_index_scan(kind: str) -> None:
    found = only(
        scan(9.0, kind, Index_Cond="(c.id > 3)", Filter="(c.a = 1)", Rows_Removed_by_Filter=50)
    )
    assert (found.code, found.hint) == ("inefficient-index-scan", "ORM602")
    assert "finds 60 rows" in found.message


def test_order_and_limit_on_the_wrong_index() -> None:
    walk = scan(
        99.0, "Index Scan", Index_Name="newest", Filter="(c.a = 1)", Rows_Removed_by_Filter=5_000
    )
    found = only(node("Limit", 100.0, walk))
    assert found.code == "order-by-limit"
    assert "newest" in found.message and "5,000 rows" in found.message


@pytest.mark.parametrize(
    "spilled",
    [
        node("Sort", 9.0, Sort_Space_Type="Disk", Sort_Space_Used=9_000, Sort_Key=["c.a"]),
        node("Sort", 9.0, Workers=[{"Sort Space Type": "Disk", "Sort Space Used": 9_000}]),
        node(
            "Incremental Sort",
            9.0,
            **{"Pre-sorted_Groups": {"Sort Space Disk": {"Peak Sort Space Used": 9_000}}},
        ),
        node("Aggregate", 9.0, Strategy="Hashed", Disk_Usage=9_000, HashAgg_Batches=5),
        node("WindowAgg", 9.0, Storage="Disk", Maximum_Storage=9_000),
    ],
    ids=["sort", "sort of a worker", "incremental sort", "aggregate", "storage"],
)
def test_spilled_to_disk(spilled: dict[str, Any]) -> None:
    found = only(spilled)
    assert (found.code, found.hint) == ("spill", "ORM604")
    assert "8.8 MB" in found.message


def test_a_hash_in_batches_takes_the_time_of_its_join() -> None:
    hashed = node("Hash", 4.0, Hash_Batches=4, Peak_Memory_Usage=1024, **INNER)
    found = only(node("Hash Join", 10.0, scan(3.0), hashed))
    assert (found.code, found.ms) == ("spill", 7.0)
    assert "4.0 MB" in found.advice


def test_lossy_bitmap() -> None:
    found = only(scan(9.0, "Bitmap Heap Scan", Lossy_Heap_Blocks=75, Exact_Heap_Blocks=25))
    assert found.code == "lossy-bitmap"
    assert "75 % of 100 pages" in found.message


def test_a_misestimate_is_told_where_it_begins() -> None:
    wrong = scan(10.0, Actual_Rows=5_000, Plan_Rows=50, Filter="((c.a = 1) AND (c.b = 2))")
    sort = node("Sort", 40.0, wrong, Actual_Rows=5_000, Plan_Rows=50)
    found = only(node("WindowAgg", 100.0, sort, Actual_Rows=5_000, Plan_Rows=50))
    assert (found.code, found.hint, found.node.node_type) == ("misestimate", "ORM605", "Seq Scan")
    assert found.ms == 100.0
    assert "PostgreSQL expected 50 rows and got 5,000" in found.message
    assert "ON a, b FROM blog_comment" in found.advice


def test_a_misestimate_explains_the_loop_that_it_led_to() -> None:
    outer = scan(1.0, Actual_Rows=900, Plan_Rows=9)
    inner = node("Index Scan", 0.1, Actual_Loops=900, Plan_Rows=1, **INNER)
    found = only(node("Nested Loop", 92.0, outer, inner, Plan_Rows=900, Actual_Rows=900))
    assert (found.code, found.node.node_type) == ("misestimate", "Seq Scan")
    assert found.ms == pytest.approx(92.0)


def test_a_few_rows_matter_where_a_loop_runs_for_each() -> None:
    outer = scan(1.0, Actual_Rows=50, Plan_Rows=1)
    inner = node("Index Scan", 1.8, Actual_Loops=50, Plan_Rows=1, **INNER)
    loop_of_50 = node("Nested Loop", 92.0, outer, inner, Plan_Rows=50, Actual_Rows=50)
    assert codes(parse(loop_of_50)) == ["misestimate"]
    hashed = node("Hash Join", 92.0, outer, node("Hash", 90.0), Plan_Rows=50, Actual_Rows=50)
    assert codes(parse(hashed)) == []


def test_below_a_sort_a_limit_ends_nothing_early() -> None:
    sort = node("Sort", 90.0, scan(80.0, Plan_Rows=5_000), Plan_Rows=5_000)
    assert codes(parse(node("Limit", 91.0, sort, Plan_Rows=10))) == ["misestimate"]


def test_heap_fetches() -> None:
    found = only(scan(9.0, "Index Only Scan", Actual_Rows=1_000, Heap_Fetches=100))
    assert (found.code, "VACUUM blog_comment" in found.advice) == ("heap-fetches", True)


def test_nested_loop() -> None:
    searches = scan(0.05, "Index Scan", Actual_Rows=1, Actual_Loops=1_000)
    found = only(loop(searches))
    assert (found.code, found.ms, found.hint) == ("nested-loop", 50.0, "")
    reads = scan(0.05, Actual_Rows=1, Actual_Loops=1_000, Filter="(c.a = p.id)")
    assert only(loop(reads)).hint == "ORM602"


def test_subplan() -> None:
    inner = scan(0.05, Actual_Loops=1_000, Parent_Relationship="SubPlan", Subplan_Name="SubPlan 1")
    found = only(node("Result", 100.0, inner, Actual_Rows=1_000))
    assert (found.code, found.ms) == ("subplan", 50.0)
    assert "1,000 times" in found.message


def test_large_offset() -> None:
    found = only(node("Limit", 100.0, scan(99.0, Actual_Rows=5_025), Actual_Rows=25))
    assert (found.code, found.hint) == ("large-offset", "ORM306")
    assert "5,000 rows that OFFSET skips" in found.message


def test_unbounded_result() -> None:
    found = only(scan(100.0, Actual_Rows=10_000))
    assert (found.code, found.hint, found.is_of_plan) == ("unbounded-result", "ORM302", True)


def test_cold_cache() -> None:
    found = only(scan(100.0, Shared_Hit_Blocks=100, Shared_Read_Blocks=300))
    assert (found.code, found.ms) == ("cold-cache", 75.0)
    blocks = {"Shared_Hit_Blocks": 100, "Shared_Read_Blocks": 300}
    assert only(scan(100.0, **blocks, Shared_IO_Read_Time=20.0)).ms == 75.0
    measured = scan(100.0, **blocks) | {"Shared I/O Read Time": 20.0}
    assert only(measured).ms == 20.0


def test_bloat() -> None:
    blocks = {"Shared_Hit_Blocks": 50_000, "Shared_Read_Blocks": 0}
    found = only(scan(100.0, Actual_Rows=9_000, Plan_Width=100, **blocks))
    assert (found.code, "VACUUM" in found.advice) == ("bloat", True)


def test_jit() -> None:
    found = only(scan(100.0), JIT={"Timing": {"Total": 20.0}})
    assert (found.code, found.share, found.is_of_plan) == ("jit", 0.2, True)


def test_planning() -> None:
    found = only(scan(2.0), Planning_Time=6.0)
    assert (found.code, found.share) == ("planning", 0.75)


def test_missing_workers() -> None:
    found = only(node("Gather", 90.0, Workers_Planned=2, Workers_Launched=0))
    assert (found.code, found.ms) == ("missing-workers", pytest.approx(60.0))


def test_triggers() -> None:
    key = {"Constraint Name": "fk", "Relation": "t", "Time": 20.0, "Calls": 5}
    found = only(scan(80.0), Triggers=[key], Execution_Time=100.0)
    assert (found.code, "db_index" in found.advice) == ("triggers", True)


def test_bitmap_and() -> None:
    parts = [
        node("Bitmap Index Scan", 4.0, Index_Name=name, Index_Cond=f"({name} = 1)", Actual_Rows=50)
        for name in ("a", "b")
    ]
    both = node("BitmapAnd", 9.0, *parts, Actual_Rows=0)
    found = only(
        node("Bitmap Heap Scan", 10.0, both, Relation_Name="blog_comment", Schema="public")
    )
    assert (found.code, found.hint) == ("bitmap-and", "ORM602")
    assert "One index on a, b" in found.advice


def test_filter_on_a_large_cte() -> None:
    made = scan(50.0, Parent_Relationship="InitPlan", Subplan_Name="CTE x")
    found = only(
        node(
            "CTE Scan", 70.0, made, CTE_Name="x", Rows_Removed_by_Filter=10_000, Filter="(x.a = 1)"
        )
    )
    assert (found.code, found.ms) == ("filter-on-cte", 70.0)


@pytest.mark.parametrize(("captured", "explained"), [(100.0, 20.0), (20.0, 100.0)])
def test_captured_differs(captured: float, explained: float) -> None:
    [found] = find(parse(scan(explained)), captured_ms=captured)
    assert (found.code, found.ms, found.share) == ("captured-differs", 80.0, 0.8)


def test_what_explains_most_comes_first() -> None:
    root = node("Sort", 100.0, scan(60.0, **SELECTIVE), Sort_Space_Type="Disk", Sort_Space_Used=1)
    plan = parse(root)
    assert codes(plan) == ["selective-seq-scan", "spill"]
    assert [finding.ms for finding in plan.findings] == [60.0, 40.0]


def test_there_are_twenty_rules() -> None:
    assert len(set(RULES)) == 20


def test_check_of_a_new_reference_asks_for_no_index() -> None:
    key = {"Constraint Name": "fk", "Relation": "t", "Time": 20.0, "Calls": 5}
    insert = only(node("ModifyTable", 80.0, Operation="Insert"), Triggers=[key], Execution_Time=100)
    key["Trigger Name"] = "RI_ConstraintTrigger_c_16409"
    update = only(node("ModifyTable", 80.0, Operation="Update"), Triggers=[key], Execution_Time=100)
    assert "db_index" not in insert.advice + update.advice
    key["Trigger Name"] = "RI_ConstraintTrigger_a_16407"
    update = only(node("ModifyTable", 80.0, Operation="Update"), Triggers=[key], Execution_Time=100)
    assert "db_index" in update.advice


def test_compiling_side_by_side_is_counted_once() -> None:
    below = scan(90.0, Actual_Loops=3)
    gather = node("Gather", 100.0, below, Workers_Planned=2, Workers_Launched=2)
    assert only(gather, JIT={"Timing": {"Total": 90.0}}).ms == pytest.approx(30.0)
    assert codes(parse(gather, JIT={"Timing": {"Total": 45.0}})) == []


def test_a_search_through_a_table_comes_before_its_estimate() -> None:
    found = scan(90.0, **{**SELECTIVE, "Plan_Rows": 5})
    assert codes(parse(node("Append", 100.0, found))) == ["selective-seq-scan", "misestimate"]
    above = node("Append", 400.0, found)
    assert codes(parse(above)) == ["misestimate", "selective-seq-scan"]
