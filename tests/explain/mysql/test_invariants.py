"""Self times of MySQL and MariaDB are never negative and add up, whatever the plan looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm_insight.explain.base import NoPlan
from orm_insight.explain.mysql.findings import find
from orm_insight.explain.mysql.plans import parse_plan, render
from orm_insight.explain.summary import summarize
from orm_insight.model.plan import Plan
from orm_insight.sql.filters import find_filters

KEYS = [
    *("query_block", "nested_loop", "table", "filesort", "temporary_table", "subqueries"),
    *("query_plan", "operation", "inputs", "heading", "actual_loops", "actual_rows"),
    *("r_loops", "r_rows", "r_filtered", "rows", "r_total_time_ms", "r_other_time_ms"),
    *("query_optimization", "table_name", "key", "access_type", "estimated_rows"),
]
times = st.floats(min_value=0, max_value=1e5)
loops = st.sampled_from([0, 1, 1, 2, 1000])


def check(plan: Plan) -> None:
    own = [node.self_ms for node in plan.nodes() if node.self_ms is not None]
    assert all(time >= 0 for time in own)
    assert sum(own) == pytest.approx(plan.root.total_ms or 0.0, rel=0.01, abs=1e-6)
    for node in plan.nodes():
        if node.total_ms is not None:
            below = [child.total_ms or 0.0 for child in node.children]
            assert (node.self_ms or 0.0) + sum(below) == pytest.approx(node.total_ms, abs=1e-6)
        assert node.executed == (node.loops != 0)


tables = st.fixed_dictionaries(
    {"table_name": st.sampled_from("abc"), "access_type": st.sampled_from(["ALL", "ref", "const"])},
    optional={
        "r_loops": loops,
        "r_rows": st.one_of(st.none(), st.floats(0, 1e6)),
        "r_filtered": st.floats(0, 100),
        "r_table_time_ms": times,
        "r_other_time_ms": times,
        "attached_condition": st.just("a.x = 1"),
    },
)


def nest(inner: Any) -> Any:
    """Everything that MariaDB puts around a step, with times of any kind."""
    block = st.fixed_dictionaries(
        {"nested_loop": st.lists(inner, min_size=1, max_size=3)},
        optional={
            "r_loops": loops,
            "r_total_time_ms": times,
            "subqueries": st.lists(inner, max_size=2),
        },
    )
    around = [
        st.fixed_dictionaries({kind: st.builds(merge, timed, inner)})
        for kind in ("filesort", "temporary_table", "read_sorted_file", "block-nl-join")
    ]
    blocks = st.fixed_dictionaries({"query_block": block})
    derived = st.builds(
        lambda facts, made: {"table": {**facts, "materialized": made}}, tables, blocks
    )
    return st.one_of(blocks, derived, *around)


def merge(facts: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    return {**facts, **step}


timed = st.fixed_dictionaries({}, optional={"r_loops": loops, "r_total_time_ms": times})
steps = st.recursive(st.fixed_dictionaries({"table": tables}), nest, max_leaves=12)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=20,
)


documents = st.one_of(
    st.builds(lambda value: {"query_block": {"nested_loop": [{"table": value}]}}, values),
    st.builds(lambda value: {"query_block": {"filesort": value, "subqueries": [value]}}, values),
    st.builds(lambda value: {"query_block": value}, values),
    st.builds(lambda value: {"query_plan": {"operation": "Sort", "inputs": [value]}}, values),
)


pieces = st.sampled_from(
    [
        "-> ",
        "    ",
        "\n",
        "(actual time=",
        "1",
        "..",
        "0.5",
        "e+9",
        " rows=",
        " loops=",
        ")",
        "(cost=",
    ]
)
trees = st.builds(lambda found: "-> " + "".join(found), st.lists(pieces, max_size=30))


@given(st.one_of(values, documents, trees, st.builds(json.dumps, documents), st.binary()))
def test_whatever_comes_is_a_plan_or_none(payload: Any) -> None:
    try:
        plan = parse_plan(payload)
    except NoPlan:
        return
    assert render(plan)
    summarize(plan)
    find(plan, find_filters(""))


@given(steps, st.one_of(st.none(), times))
def test_json_of_mariadb(step: dict[str, Any], total: float | None) -> None:
    block: dict[str, Any] = {"r_loops": 1, "nested_loop": [step]}
    if total is not None:
        block["r_total_time_ms"] = total
    check(parse_plan({"query_block": block}))


lines = st.tuples(
    st.integers(0, 5),
    st.sampled_from(
        ["Filter: (a.x = 1)", "Table scan on a", "Hash", "Select #2 (subquery in condition)"]
    ),
    st.one_of(
        st.just(""),
        st.just(" (never executed)"),
        st.builds(
            lambda last, rows, count: f" (actual time=0.1..{last:.6g} rows={rows} loops={count})",
            times,
            st.integers(0, 10**6),
            st.integers(1, 10**5),
        ),
    ),
)


@given(st.lists(lines, min_size=1, max_size=15))
def test_tree_of_mysql(found: list[tuple[int, str, str]]) -> None:
    """Each line is at most one level below the one above it."""
    text, above = "", -1
    for wanted, label, numbers in found:
        depth = min(wanted, above + 1)
        text += f"{' ' * 4 * depth}-> {label}  (cost=1.5 rows=3){numbers}\n"
        above = depth
    check(parse_plan(text))
