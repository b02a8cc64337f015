"""Two plans side by side: which steps belong together, and what has changed."""

from __future__ import annotations

from orm_insight.explain.comparison import Change, compare
from orm_insight.model.plan import Buffers, Plan, PlanNode
from tests.builders import make_node, make_plan


def scan(alias: str, node_type: str = "Seq Scan", **facts) -> PlanNode:
    return make_node(node_type, relation=f"blog_{alias}", alias=alias, **facts)


def names(before: PlanNode, after: PlanNode) -> list[tuple[str | None, str | None]]:
    pairs = compare(make_plan(before), make_plan(after)).pairs
    return [
        (pair.before and pair.before.node_type, pair.after and pair.after.node_type)
        for pair in pairs
    ]


def test_same_plan_has_no_change():
    plan = make_plan(make_node("Limit", scan("a")))

    pairs = compare(plan, plan).pairs

    assert [pair.changes for pair in pairs] == [frozenset(), frozenset()]
    assert not any(pair.is_noticeable for pair in pairs)


def test_table_is_read_over_an_index():
    before = scan("a", total_ms=184.0, rows=100)
    after = scan("a", "Index Scan", index="a_idx", total_ms=2.0, rows=100, buffers=Buffers())

    found = compare(make_plan(before), make_plan(after))

    assert found.ms == (184.0, 2.0)
    assert found.pairs[0].changes == {Change.TYPE, Change.INDEX, Change.TIME, Change.BUFFERS}


def test_step_in_between_is_added():
    before = make_node("Limit", make_node("Sort", scan("a")))
    after = make_node("Limit", make_node("Sort", make_node("Gather", scan("a"))))

    assert names(before, after) == [
        ("Limit", "Limit"),
        ("Sort", "Sort"),
        (None, "Gather"),
        ("Seq Scan", "Seq Scan"),
    ]


def test_step_that_has_gone_stands_where_it_was():
    before = make_node("Limit", make_node("Sort", scan("a")))
    after = make_node("Limit", scan("a", "Index Scan", index="i"))

    assert names(before, after) == [
        ("Limit", "Limit"),
        ("Sort", None),
        ("Seq Scan", "Index Scan"),
    ]


def test_sides_of_a_join_are_swapped():
    before = make_node("Hash Join", scan("a"), make_node("Hash", scan("b")))
    after = make_node("Nested Loop", scan("b"), scan("a", "Index Scan", index="i"))

    pairs = compare(make_plan(before), make_plan(after)).pairs

    together = [(p.before and p.before.alias, p.after and p.after.alias) for p in pairs if p.after]
    assert together == [(None, None), ("b", "b"), ("a", "a")]
    assert names(before, after)[0] == ("Hash Join", "Nested Loop")


def test_other_root_altogether():
    assert names(scan("a"), make_node("Result", rows=1)) == [
        ("Seq Scan", None),
        (None, "Result"),
    ]


def test_same_table_twice_is_told_apart_by_alias():
    before = make_node("Append", scan("a"), scan("a2", rows=5))
    after = make_node("Append", scan("a2", rows=5), scan("a"))

    pairs = compare(make_plan(before), make_plan(after)).pairs

    assert all(pair.before.alias == pair.after.alias for pair in pairs)


def test_difference_within_noise_is_none():
    before, after = scan("a", total_ms=100.0), scan("a", total_ms=110.0)

    assert compare(make_plan(before), make_plan(after)).pairs[0].changes == frozenset()


def test_rows_alone_are_told_but_nothing_to_notice():
    pair = compare(make_plan(scan("a", rows=1)), make_plan(scan("a", rows=2))).pairs[0]

    assert pair.changes == {Change.ROWS}
    assert not pair.is_noticeable


def test_costs_where_one_was_not_measured():
    before = Plan(root=PlanNode(node_type="Seq Scan", relation="t", raw={"Total Cost": 900.0}))
    after = make_plan(make_node("Seq Scan", relation="t", raw={"Total Cost": 9.0}))

    found = compare(before, after)

    assert not found.is_measured
    assert found.costs == (900.0, 9.0)
    assert Change.TIME in found.pairs[0].changes


def test_deep_and_wide_plans_are_compared_in_no_time():
    deep = scan("a")
    for _ in range(1_500):
        deep = make_node("Result", deep)
    wide = make_node("Append", *(scan(f"p{number}") for number in range(1_500)))

    assert len(compare(make_plan(deep), make_plan(deep)).pairs) == 1_501
    assert len(compare(make_plan(wide), make_plan(deep)).pairs) == 3_002
