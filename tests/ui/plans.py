"""Explanations, as they come from the runner."""

from __future__ import annotations

from orm_insight.explain.base import Explanation, Outcome
from orm_insight.model.plan import Plan
from tests.builders import make_query


def explained(plan: Plan | None = None, **facts) -> Explanation:
    defaults = {
        "query": make_query(duration_ms=8.0),
        "outcome": Outcome.EXPLAINED,
        "vendor": "postgresql",
        "analyzed": plan is not None and plan.is_measured,
        "payload": [{"Plan": {}}],
    }
    return Explanation(plan=plan, **{**defaults, **facts})
