"""Values that are not what their key promises."""

from __future__ import annotations

import pytest

from orm_insight.explain.postgresql import parse_plan
from orm_insight.explain.raw_values import number_of, readable, records, text_of


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (7, 7.0, "7"),
        (1.5, 1.5, "1.5"),
        ("x", 0.0, "x"),
        (None, 0.0, ""),
        (True, 0.0, "True"),
        ([1], 0.0, "[1]"),
    ],
)
def test_whatever_the_value_is(value, number, text):
    raw = {"key": value}

    assert (number_of(raw, "key"), text_of(raw, "key")) == (number, text)


def test_no_value_at_all():
    assert (number_of({}, "key"), text_of({}, "key")) == (0.0, "")


def test_numbers_that_nothing_can_be_computed_from():
    values = [10**400, float("nan"), float("-inf"), 7, "x", {"key": (1e308,)}]

    assert readable(values) == [None, None, None, 7, "x", {"key": [None]}]


def test_records_of_what_is_no_list():
    assert [records({"key": value}, "key") for value in (1, None, "x", [1, {"a": 1}])] == [
        [],
        [],
        [],
        [{"a": 1}],
    ]


@pytest.mark.parametrize("plans", [1, True, 0.5, "x", {"a": 1}, [None], [[]], ["x"], None])
@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan"), [1], "x", -1, None])
def test_a_plan_of_any_shape_is_read(plans, value):
    scan = {"Node Type": "Bitmap Heap Scan", "Actual Total Time": 5.0, "Actual Loops": 1}
    keys = ("Shared Read Blocks", "Lossy Heap Blocks", "Actual Rows", "Sort Key")
    scan |= dict.fromkeys(keys, value)
    sort = {**scan, "Node Type": "Sort", "Sort Space Type": "Disk", "Sort Space Used": 4}
    below = {**sort, "Plans": [{**scan, "Plans": plans}, scan]}

    plan = parse_plan([{"Plan": below, "Execution Time": value, "Triggers": plans}])

    assert [node.node_type for node in plan.nodes()] == ["Sort", *["Bitmap Heap Scan"] * 2]
