"""The JSON of MariaDB, and of MySQL where it does not measure, as steps with times."""

from __future__ import annotations

import json
from typing import Any

from orm_insight.explain.mysql.plans import parse_plan, render
from orm_insight.model.plan import Plan, PlanNode


def table(name: str, **facts: Any) -> dict[str, Any]:
    return {
        "table": {"table_name": name, "access_type": "ALL", "rows": 10, "filtered": 100} | facts
    }


def measured(name: str, *, engine: float = 1.0, other: float = 0.5, **facts: Any) -> dict[str, Any]:
    times = {"r_table_time_ms": engine, "r_other_time_ms": other}
    counts = {"r_loops": 1, "r_rows": 10, "r_filtered": 100}
    return table(name, **{**counts, **times, **facts})


def block(*steps: dict[str, Any], total: float | None = 10.0, **facts: Any) -> dict[str, Any]:
    times = {"r_loops": 1, "r_total_time_ms": total} if total is not None else {}
    return {"query_block": {"select_id": 1, **times, "nested_loop": list(steps), **facts}}


def shape(node: PlanNode) -> list[object]:
    place = " ".join(filter(None, [node.node_type, node.relation, node.index]))
    return [place, *(shape(child) for child in node.children)]


def own_times(plan: Plan) -> dict[str, float | None]:
    return {node.relation or node.node_type: node.self_ms for node in plan.nodes()}


def test_a_table() -> None:
    scan = measured("book", r_rows=200, r_filtered=2.5, r_loops=3, attached_condition="book.a = 1")
    plan = parse_plan({"query_optimization": {"r_total_time_ms": 0.25}, **block(scan, total=2)})
    assert (plan.planning_ms, plan.execution_ms) == (0.25, 2)
    [node] = plan.root.children
    assert (node.node_type, node.relation, node.loops) == ("Table scan", "book", 3)
    # Read are 200 rows in each loop, kept 2.5 % of them.
    assert (node.rows, node.plan_rows) == (15, 10)
    # Times are of all loops already.
    assert (node.total_ms, node.self_ms) == (1.5, 1.5)
    assert plan.root.self_ms == 0.5
    assert node.raw["attached_condition"] == "book.a = 1"


def test_a_join_is_one_step_with_its_tables() -> None:
    lookup = measured("b", access_type="ref", key="by_author", r_loops=10)
    plan = parse_plan(block(measured("a"), lookup), tables={"b": "book"})
    assert shape(plan.root) == [
        "Query block",
        ["Nested loop join", ["Table scan a"], ["Index lookup book by_author"]],
    ]
    assert plan.root.children[0].children[1].alias == "b"
    assert own_times(plan) == {"Query block": 7, "Nested loop join": 0, "a": 1.5, "book": 1.5}


def test_a_join_before_10_9_repeats_a_key() -> None:
    text = '{"query_block": {"table": {"table_name": "a"}, "table": {"table_name": "b"}}}'
    assert [node.relation for node in parse_plan(text).nodes()] == [None, None, "a", "b"]


def test_a_sort_that_reads_the_table_itself() -> None:
    """Its time holds the reading; what follows the reading of a row is sorting."""
    sort = {"sort_key": "book.title", "r_loops": 1, "r_total_time_ms": 6.0, "r_output_rows": 10}
    step = {"read_sorted_file": {"r_rows": 10, "filesort": {**sort, **measured("book", other=4)}}}
    plan = parse_plan(block(step, total=7.0))
    assert shape(plan.root) == ["Query block", ["Read sorted rows", ["Sort", ["Table scan book"]]]]
    assert own_times(plan) == {"Query block": 1, "Read sorted rows": 0, "Sort": 5, "book": 1}
    assert plan.root.children[0].children[0].rows == 10


def test_a_sort_of_a_temporary_table() -> None:
    """Its time is that of the sorting alone; the rows were collected before."""
    inner = {"nested_loop": [measured("a"), measured("b", other=2)]}
    sort = {"r_loops": 1, "r_total_time_ms": 3.0, "r_output_rows": 5, "temporary_table": inner}
    plan = parse_plan({"query_block": {"r_loops": 1, "r_total_time_ms": 8.0, "filesort": sort}})
    assert own_times(plan) == {
        "Query block": 0.5,
        "Sort": 3,
        "Temporary table": 2,
        "Nested loop join": 0,
        "a": 1.5,
        "b": 1,
    }


def test_a_condition_is_not_taken_for_sorting() -> None:
    sort = {"r_loops": 1, "r_total_time_ms": 6.0}
    scan = measured("book", other=4, attached_condition="book.a = 1")
    plan = parse_plan(block({"read_sorted_file": {"filesort": {**sort, **scan}}}, total=6.0))
    assert own_times(plan)["Sort"] == 1
    assert own_times(plan)["book"] == 5


def test_subqueries_belong_to_their_block() -> None:
    inner = {"expression_cache": {"r_loops": 20, **block(measured("tag"), total=4.0)}}
    plan = parse_plan(block(measured("book"), total=8.0, subqueries=[inner]))
    assert shape(plan.root) == [
        "Query block",
        ["Table scan book"],
        ["Expression cache", ["Query block", ["Table scan tag"]]],
    ]
    assert plan.root.self_ms == 8.0 - 1.5 - 4.0


def test_a_union_takes_as_long_as_its_parts() -> None:
    parts = [block(measured("a"), total=2.0), block(measured("b"), total=3.0)]
    union = {"table_name": "<union1,2>", "r_loops": 1, "r_rows": 7, "query_specifications": parts}
    plan = parse_plan({"query_block": {"union_result": union}})
    assert plan.execution_ms == 5.0
    assert [node.node_type for node in plan.root.children] == ["Union"]
    assert plan.root.children[0].rows == 7


def test_never_executed() -> None:
    never = table("b", r_loops=0, r_rows=None, r_filtered=None)
    plan = parse_plan(block(measured("a"), never))
    node = plan.root.children[0].children[1]
    assert not node.executed
    assert (node.total_ms, node.self_ms, node.rows) == (None, None, 0)


def test_a_row_that_is_read_while_planning() -> None:
    """The server counts no loop, but has read it."""
    constant = table("a", access_type="const", key="PRIMARY", r_loops=0, r_rows=None)
    [node] = parse_plan(block(constant)).root.children
    assert (node.node_type, node.executed, node.loops, node.rows) == ("Constant row", True, 1, 1)


def test_children_longer_than_their_parent_are_shortened() -> None:
    plan = parse_plan(block(measured("a", engine=8, other=0), measured("b", engine=8, other=0)))
    assert own_times(plan) == {"Query block": 0, "Nested loop join": 0, "a": 5, "b": 5}


def test_unknown_steps_are_shown() -> None:
    checked = {"range-checked-for-each-record": {"keys": ["by_a"], "r_loops": 3, **measured("b")}}
    new = {"new_list": [{"query_block": {"nested_loop": [measured("c")]}}], "new_fact": {"x": []}}
    plan = parse_plan(block(measured("a"), checked, **new))
    assert shape(plan.root) == [
        "Query block",
        ["Nested loop join", ["Table scan a"], ["Range checked for each record", ["Table scan b"]]],
        ["Query block", ["Table scan c"]],
    ]
    assert plan.root.raw["new_fact"] == {"x": []}
    assert plan.root.children[0].children[1].raw == {"keys": ["by_a"], "r_loops": 3}


def test_unknown_keys_are_kept() -> None:
    plan = parse_plan(block(measured("a", new_key={"x": 1}), new_fact=[1]))
    assert plan.root.raw["new_fact"] == [1]
    assert plan.root.children[0].raw["new_key"] == {"x": 1}


def test_not_measured() -> None:
    plan = parse_plan(json.dumps(block(table("a", filtered=50), total=None)))
    assert not plan.is_measured
    assert plan.execution_ms is None
    [node] = plan.root.children
    assert (node.plan_rows, node.rows, node.self_ms, node.executed) == (5, None, None, True)


MYSQL = """
{"query_block": {"select_id": 1, "cost_info": {"query_cost": "1247.65"},
  "ordering_operation": {"using_filesort": true, "grouping_operation": {
    "using_temporary_table": true, "nested_loop": [
      {"table": {"table_name": "o", "access_type": "ALL", "rows_examined_per_scan": 10000,
                 "filtered": "10.00", "attached_condition": "(`shop`.`o`.`a` = 1)"}},
      {"table": {"table_name": "i", "access_type": "eq_ref", "key": "PRIMARY",
                 "rows_examined_per_scan": 1, "filtered": "100.00"}}]}},
  "select_list_subqueries": [{"dependent": true, "query_block": {"select_id": 2,
    "table": {"table_name": "t", "access_type": "ref", "key": "by_item",
              "rows_examined_per_scan": 3, "filtered": "100.00"}}}]}}
"""


def test_json_of_mysql() -> None:
    plan = parse_plan(MYSQL)
    assert shape(plan.root) == [
        "Query block",
        [
            "Sort",
            [
                "Group",
                [
                    "Nested loop join",
                    ["Table scan o"],
                    ["Single-row index lookup i PRIMARY"],
                ],
            ],
        ],
        ["Query block", ["Index lookup t by_item"]],
    ]
    estimates = [node.plan_rows for node in plan.nodes() if node.relation]
    assert estimates == [1000, 1, 3]
    assert not plan.is_measured


def test_text() -> None:
    never = table("b", r_loops=0, r_rows=None)
    scan = measured("t", r_filtered=50, attached_condition="t.x = 1")
    assert render(parse_plan(block(scan, never), tables={"t": "book"})) == (
        "-> Query block  (actual time=10.000 loops=1, in all loops)\n"
        "    -> Nested loop join  (actual time=1.500 loops=1, in all loops)\n"
        "        -> Table scan on book t (t.x = 1)  (rows=10)"
        "  (actual time=1.500 rows=5 loops=1, in all loops)\n"
        "        -> Table scan on b  (rows=10)  (never executed)"
    )
