"""MySQL's tree, as its documentation and its own tests print it. No server can be had here."""

from __future__ import annotations

import pytest

from orm_insight.explain.base import NoPlan
from orm_insight.explain.mysql.findings import find
from orm_insight.explain.mysql.plans import parse_plan
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.sql.filters import find_filters

JOIN = """\
-> Inner hash join (t2.c2 = t1.c1)  (cost=4.70 rows=6)
(actual time=0.032..0.035 rows=6 loops=1)
    -> Table scan on t2  (cost=0.06 rows=6)
(actual time=0.003..0.005 rows=6 loops=1)
    -> Hash
        -> Table scan on t1  (cost=0.85 rows=6)
(actual time=0.018..0.022 rows=6 loops=1)
"""
FILTER = """\
-> Filter: (t3.i > 8)  (cost=1.75 rows=5) (actual time=0.019..0.021 rows=6 loops=1)
    -> Table scan on t3  (cost=1.75 rows=15) (actual time=0.017..0.019 rows=15 loops=1)
"""
RANGE = """\
-> Filter: (t3.pk > 17)  (cost=1.26 rows=5)
(actual time=0.013..0.016 rows=5 loops=1)
    -> Index range scan on t3 using PRIMARY  (cost=1.26 rows=5)
(actual time=0.012..0.014 rows=5 loops=1)
"""
LOOPS = """\
-> Nested loop left join  (cost=224749 rows=497786) (actual time=0.148..1625 rows=500000 loops=1)
    -> Table scan on ct  (cost=50524 rows=497786) (actual time=0.116..552 rows=500000 loops=1)
    -> Single-row index lookup on pr using PRIMARY (code=ct.code)  (cost=0.25 rows=1) \
(actual time=0.00179..0.00185 rows=1 loops=500000)
"""
IN_PROJECTION = """\
-> Filter: (0 <> t1.c1)  (cost=1003 rows=8982) (actual time=1.77..12.1 rows=10000 loops=1)
    -> Table scan on t1  (cost=1003 rows=9980) (actual time=1.76..9.55 rows=10000 loops=1)
-> Select #2 (subquery in projection; dependent)
    -> Filter: (t2.c1 = t1.c1)  (cost=223 rows=1984) (actual time=1.18..4.69 rows=1 loops=10000)
        -> Table scan on t2  (cost=223 rows=1.98e+4) (actual time=214e-5..3.97 rows=2e+4 loops=1e+4)
"""
NEVER = """\
-> Limit: 1 row(s)  (cost=0.7 rows=1) (actual time=0.00867..0.00867 rows=0 loops=1)
    -> Nested loop left join  (cost=0.7 rows=1) (actual time=0.00812..0.00812 rows=0 loops=1)
        -> Index lookup on o using by_number (n='a -> b (never executed)')  (cost=0.35 rows=1) \
(actual time=0.00729..0.00729 rows=0 loops=1)
        -> Single-row index lookup on p using PRIMARY (id=o.payment_id)  (cost=0.35 rows=1) \
(never executed)
"""
GROUPED = """\
-> Sort: total DESC  (actual time=27.9..28 rows=88 loops=1)
    -> Table scan on <temporary>  (actual time=27.8..27.8 rows=88 loops=1)
        -> Aggregate using temporary table  (actual time=27.8..27.8 rows=88 loops=1)
            -> Filter: (s.score > 6)  (cost=72.2 rows=78.3) (actual time=0.4..0.98 rows=337 loops=1)
                -> Table scan on s  (cost=72.2 rows=705) (actual time=0.4..0.89 rows=705 loops=1)
"""
ESTIMATED = """\
-> Nested loop inner join  (cost=49828 rows=76470)
    -> Filter: ((orders.quantity > 1000) and (orders.item_id is not null))
        -> Table scan on orders  (cost=23064 rows=229432)
    -> Single-row index lookup on i using PRIMARY (item_id=orders.item_id)  (cost=0.25 rows=1)
"""
MEASURED = [JOIN, FILTER, RANGE, LOOPS, IN_PROJECTION, NEVER, GROUPED]


def shape(node: PlanNode) -> list[object]:
    place = " ".join(filter(None, [node.node_type, node.relation, node.index]))
    return [place, *(shape(child) for child in node.children)]


def by_type(plan: Plan, node_type: str) -> PlanNode:
    [found] = [node for node in plan.nodes() if node.node_type == node_type]
    return found


@pytest.mark.parametrize("text", MEASURED)
def test_self_times_are_the_total(text: str) -> None:
    plan = parse_plan(text)
    assert plan.is_measured
    own = [node.self_ms for node in plan.nodes() if node.self_ms is not None]
    assert min(own) >= 0
    assert sum(own) == pytest.approx(plan.root.total_ms, rel=0.01)
    assert plan.execution_ms == plan.root.total_ms


def test_a_join() -> None:
    assert shape(parse_plan(JOIN).root) == [
        "Inner hash join",
        ["Table scan t2"],
        ["Hash", ["Table scan t1"]],
    ]
    assert parse_plan(JOIN).root.raw["operation"] == "Inner hash join (t2.c2 = t1.c1)"


def test_a_filter_has_its_rows_and_its_time() -> None:
    root = parse_plan(FILTER).root
    assert (root.node_type, root.rows, root.plan_rows) == ("Filter", 6, 5)
    assert root.self_ms == pytest.approx(0.002)
    assert root.raw["operation"] == "Filter: (t3.i > 8)"


def test_times_and_rows_are_of_all_loops() -> None:
    lookup = by_type(parse_plan(LOOPS), "Single-row index lookup")
    assert (lookup.relation, lookup.index) == ("pr", "PRIMARY")
    assert (lookup.rows, lookup.loops) == (500_000, 500_000)
    assert lookup.total_ms == pytest.approx(925)
    assert parse_plan(LOOPS).root.self_ms == pytest.approx(1625 - 552 - 925)


def test_a_subquery_of_the_select_list_stands_beside_the_query() -> None:
    root = parse_plan(IN_PROJECTION).root
    subquery = "Select #2 (subquery in projection; dependent)"
    assert shape(root) == [
        "Query",
        ["Filter", ["Table scan t1"]],
        [subquery, ["Filter", ["Table scan t2"]]],
    ]
    assert root.total_ms == pytest.approx(12.1 + 46_900)
    scan = root.children[1].children[0].children[0]
    assert (scan.rows, scan.loops, scan.plan_rows) == (2e8, 1e4, 19_800)


def test_never_executed() -> None:
    plan = parse_plan(NEVER)
    lookup = by_type(plan, "Single-row index lookup")
    assert not lookup.executed
    assert (lookup.loops, lookup.self_ms, lookup.total_ms) == (0, None, None)
    ran = by_type(plan, "Index lookup")
    assert ran.executed
    assert ran.raw["operation"].endswith("(n='a -> b (never executed)')")


def test_a_value_with_a_line_break() -> None:
    text = FILTER.replace("t3.i > 8", "t3.i = 'a\n  b'")
    assert shape(parse_plan(text).root) == ["Filter", ["Table scan t3"]]


def test_not_measured() -> None:
    plan = parse_plan(ESTIMATED, tables={"i": "item"})
    assert not plan.is_measured
    assert plan.execution_ms is None
    assert all(node.self_ms is None and node.executed for node in plan.nodes())
    assert [node.relation for node in plan.nodes()] == [None, None, "orders", "item"]
    assert by_type(plan, "Single-row index lookup").alias == "i"


OBJECT = {
    "query_type": "select",
    "json_schema_version": "2.0",
    "query_plan": {
        "operation": "Nested loop inner join",
        "access_type": "join",
        "actual_rows": 6.0,
        "actual_loops": 1,
        "actual_first_row_ms": 0.1,
        "actual_last_row_ms": 0.9,
        "estimated_rows": 6.0,
        "inputs": [
            {
                "operation": "Table scan on a",
                "table_name": "author",
                "actual_rows": 2.0,
                "actual_loops": 1,
                "actual_last_row_ms": 0.1,
            },
            {
                "operation": "Index lookup on b using by_author (author_id = a.id)",
                "table_name": "book",
                "index_name": "by_author",
                "actual_rows": 3.0,
                "actual_loops": 2,
                "actual_last_row_ms": 0.2,
            },
            {
                "operation": "Table scan on c",
                "actual_rows": None,
                "actual_loops": None,
                "actual_last_row_ms": None,
            },
        ],
        "inputs_from_select_list": [
            {
                "heading": "Select #2 (subquery in projection; dependent)",
                "operation": "Table scan on d",
                "actual_rows": 1.0,
                "actual_loops": 6,
                "actual_last_row_ms": 0.5,
            }
        ],
    },
}


def test_objects_of_the_second_version() -> None:
    plan = parse_plan(OBJECT)
    assert shape(plan.root) == [
        "Query",
        [
            "Nested loop inner join",
            ["Table scan author"],
            ["Index lookup book by_author"],
            ["Table scan c"],
        ],
        ["Select #2 (subquery in projection; dependent)", ["Table scan d"]],
    ]
    times = [(node.total_ms, node.self_ms) for node in plan.nodes()]
    expected = [(3.9, 0), (0.9, 0.4), (0.1, 0.1), (0.4, 0.4), (None, None), (3, 0), (3, 3)]
    assert times == [pytest.approx(pair, abs=1e-9) for pair in expected]


@pytest.mark.parametrize(
    "payload", ["", "{", "[]", "{}", None, "<not executable by iterator executor>"]
)
def test_no_plan(payload: object) -> None:
    with pytest.raises(NoPlan):
        parse_plan(payload)


SCAN = """\
-> Filter: (t2.c1 = 3)  (cost=223 rows=1984) (actual time=1.18..40.2 rows=20 loops=1)
    -> Table scan on t2  (cost=223 rows=19836) (actual time=0.00214..35 rows=20000 loops=1)
"""


def codes(text: str, sql: str) -> list[tuple[str, str]]:
    return [(found.code, found.hint) for found in find(parse_plan(text), find_filters(sql))]


def test_nothing_is_wrong_with_few_rows() -> None:
    assert codes(FILTER, "SELECT * FROM t3 WHERE i > 8") == []
    assert codes(ESTIMATED, "SELECT 1") == []


def test_a_full_scan() -> None:
    sql = "SELECT * FROM t2 WHERE c1 = 3"
    assert codes(SCAN, sql) == [("full-scan", "ORM602")]
    [found] = find(parse_plan(SCAN), find_filters(sql))
    assert found.message == (
        "100 % of 40.2 ms: all of t2 is read and 19,980 of 20,000 rows are discarded."
    )
    assert 'fields=["c1"]' in found.advice


def test_a_temporary_table_of_many_rows() -> None:
    assert codes(GROUPED, "SELECT 1") == []
    larger = GROUPED.replace("rows=705 loops=1", "rows=7050 loops=1")
    assert codes(larger, "SELECT 1") == [("temporary-table", "")]
