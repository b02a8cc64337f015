"""The planner's costs of a plan that was not measured, shared out like times.

Costs are estimates: a step that is stopped early costs less than its own plan says. So the part
of a step is what remains of its total after its inputs, and never less than nothing.
"""

from __future__ import annotations

from orm_insight.model.plan import Plan, PlanNode

# As PostgreSQL and MySQL call it; MySQL's is a text where the plan is one.
_KEYS = ("Total Cost", "estimated_total_cost")


def total_cost(node: PlanNode) -> float | None:
    """Of the step with its inputs, of one loop."""
    cost = next((node.raw[key] for key in _KEYS if key in node.raw), None)
    try:
        return None if cost is None else float(cost)
    except (TypeError, ValueError):
        return None


def own_costs(plan: Plan) -> dict[int, float]:
    """The cost of each step without its inputs, by the ``id()`` of the node."""
    found = {}
    for node in plan.nodes():
        total = total_cost(node)
        if total is not None:
            inputs = sum(total_cost(child) or 0.0 for child in node.children)
            found[id(node)] = max(0.0, total - inputs)
    return found
