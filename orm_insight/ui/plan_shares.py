"""What each step of a plan takes of the whole: its time, or the planner's cost where none was
measured."""

from __future__ import annotations

from orm_insight.explain.planned_costs import own_costs, total_cost
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.ui.format import count, duration, percent

TIME = "time"
COST = "cost"
_NOTHING = ""


class Shares:
    """Of one plan. ``unit`` is empty where the database tells neither times nor costs."""

    def __init__(self, plan: Plan) -> None:
        self._own = {id(n): n.self_ms for n in plan.nodes() if n.self_ms is not None}
        self.unit = TIME
        if not self._own:
            self._own = own_costs(plan)
            self.unit = COST if self._own else _NOTHING
        self.whole = self._whole(plan)
        self.slowest = self._slowest(plan)

    def _whole(self, plan: Plan) -> float:
        known = plan.execution_ms or plan.root.total_ms if self.unit == TIME else None
        return max(known or 0.0, 0.0) or sum(self._own.values())

    def _slowest(self, plan: Plan) -> PlanNode | None:
        slowest = max(plan.nodes(), key=self.own)
        return slowest if self.own(slowest) > 0 else None

    def own(self, node: PlanNode) -> float:
        return self._own.get(id(node), 0.0)

    def share(self, node: PlanNode) -> float:
        return self.of_whole(self.own(node))

    def of_whole(self, amount: float) -> float:
        return min(amount / self.whole, 1.0) if self.whole else 0.0

    def own_text(self, node: PlanNode) -> str:
        return self.text(self.own(node)) if id(node) in self._own and node.executed else ""

    def share_text(self, node: PlanNode) -> str:
        """Nothing where it is below half of a percent."""
        share = self.share(node)
        return part(share) if share >= 0.005 and node.executed else ""

    def total_text(self, node: PlanNode) -> str:
        total = node.total_ms if self.unit == TIME else total_cost(node)
        return self.text(total) if total is not None and node.executed else ""

    def text(self, amount: float) -> str:
        if self.unit == COST:
            return count(round(amount, 2))
        return duration(amount) if self.unit else ""


def part(share: float) -> str:
    """``92 %``; never rounded up to the whole."""
    return percent(share if share >= 1 else min(share, 0.99))
