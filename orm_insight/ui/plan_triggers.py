"""What the database did for the statement outside of its steps: triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orm_insight.explain.raw_values import number_of, text_of
from orm_insight.model.plan import Plan
from orm_insight.ui.format import counted, duration


def trigger_lines(plan: Plan) -> Iterator[str]:
    """``fk_author on blog_post: 84 ms, 1,000 calls``."""
    return (_line(trigger) for trigger in plan.triggers)


def triggers_ms(plan: Plan) -> float:
    """Part of the execution, but of no step."""
    return sum(number_of(trigger, "Time") for trigger in plan.triggers)


def _line(trigger: Mapping[str, Any]) -> str:
    name = text_of(trigger, "Constraint Name") or text_of(trigger, "Trigger Name") or "trigger"
    relation, calls = text_of(trigger, "Relation"), round(number_of(trigger, "Calls"))
    parts = [duration(number_of(trigger, "Time"))] if "Time" in trigger else []
    if calls:
        parts.append(counted(calls, "call"))
    where = f"{name} on {relation}" if relation else name
    return f"{where}: {', '.join(parts)}" if parts else where
