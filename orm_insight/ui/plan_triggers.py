"""What the database did for the statement outside of its steps: triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orm_insight.model.plan import Plan
from orm_insight.ui.format import counted, duration


def trigger_lines(plan: Plan) -> Iterator[str]:
    """``fk_author on blog_post: 84 ms, 1,000 calls``."""
    return (_line(trigger) for trigger in plan.triggers)


def triggers_ms(plan: Plan) -> float:
    """Part of the execution, but of no step."""
    return sum(float(trigger.get("Time") or 0) for trigger in plan.triggers)


def _line(trigger: Mapping[str, Any]) -> str:
    name = trigger.get("Constraint Name") or trigger.get("Trigger Name") or "trigger"
    table = f" on {trigger['Relation']}" if trigger.get("Relation") else ""
    calls, time = trigger.get("Calls"), trigger.get("Time")
    timing = f": {duration(time)}" if isinstance(time, int | float) else ""
    return f"{name}{table}{timing}" + (f", {counted(int(calls), 'call')}" if calls else "")
