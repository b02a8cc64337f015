"""Costs of a plan that was not measured."""

from __future__ import annotations

import pytest

from orm_insight.explain.comparison import own_costs, total_cost
from orm_insight.model.plan import Plan, PlanNode


def node(cost: object, *children: PlanNode) -> PlanNode:
    return PlanNode(node_type="Sort", children=children, raw={"Total Cost": cost})


@pytest.mark.parametrize(
    ("raw", "cost"),
    [
        ({"Total Cost": 12.5}, 12.5),
        ({"estimated_total_cost": "1.5e+3"}, 1_500.0),
        ({"Total Cost": None}, None),
        ({"Total Cost": "much"}, None),
        ({}, None),
    ],
)
def test_cost_under_its_names(raw, cost):
    assert total_cost(PlanNode(node_type="Sort", raw=raw)) == cost


def test_own_cost_is_what_the_inputs_leave():
    scan, other = node(30.0), node(20.0)
    root = node(60.0, scan, other)

    assert own_costs(Plan(root=root)) == {id(root): 10.0, id(scan): 30.0, id(other): 20.0}


def test_step_that_is_stopped_early_costs_nothing_less():
    scan = node(900.0)
    limit = node(5.0, scan)

    assert own_costs(Plan(root=limit))[id(limit)] == 0.0


def test_no_costs_at_all():
    assert own_costs(Plan(root=PlanNode(node_type="SCAN"))) == {}
