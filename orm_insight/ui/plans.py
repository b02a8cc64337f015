"""What EXPLAIN answered, as a tree of steps with their own and their total time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from orm_insight.explain.base import Explanation
from orm_insight.model.plan import Plan, PlanNode
from orm_insight.ui.contexts import ExplainResult, Fact, PlanStep, PlanView
from orm_insight.ui.format import count, cut, duration

_MAX_TEXT = 200_000
_MAX_VALUE = 600
_MAX_STEPS = 1_000

# What tells why a step costs what it costs, in the order in which it is read.
_FIRST_READ = (
    "Index Cond",
    "Recheck Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Filter",
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
    "Sort Key",
    "Presorted Key",
    "Sort Method",
    "Sort Space Used",
    "Group Key",
    "Hash Batches",
    "Peak Memory Usage",
    "Disk Usage",
    "Heap Fetches",
    "Exact Heap Blocks",
    "Lossy Heap Blocks",
    "Workers Planned",
    "Workers Launched",
    "Subplan Name",
)
_REMOVED = frozenset(key for key in _FIRST_READ if key.startswith("Rows Removed"))
# Told by the step's line itself.
_TOLD = frozenset(
    (
        *("Node Type", "Relation Name", "Index Name", "Alias", "Join Type", "Parallel Aware"),
        "Operation",
        "Sort Space Type",
        *("Actual Loops", "Actual Rows", "Actual Total Time", "Plan Rows"),
        *("id", "parent", "detail", "Workers"),
    )
)


def explain_result(explanation: Explanation) -> ExplainResult:
    plan = explanation.plan
    return ExplainResult(
        query_index=explanation.query.index,
        title="Measured plan" if explanation.analyzed else "Planned, not executed",
        facts=tuple(_facts(explanation, plan)) if plan else (),
        notice=explanation.notice or "",
        error=explanation.error or "",
        plan=_view(plan, is_measured=explanation.analyzed) if plan else None,
        text=cut(explanation.text, _MAX_TEXT),
        json=_json(explanation.payload) if plan else "",
    )


def _facts(explanation: Explanation, plan: Plan) -> Iterator[Fact]:
    yield Fact(label="Captured", value=duration(explanation.captured_ms), note="in the request")
    if explanation.explained_ms is not None:
        yield Fact(label="Explained", value=duration(explanation.explained_ms), note="just now")
    if plan.planning_ms is not None:
        yield Fact(label="Planning", value=duration(plan.planning_ms))
    if plan.root.plan_rows is not None and plan.root.rows is None:
        yield Fact(label="Rows expected", value=count(plan.root.plan_rows))


def _json(payload: Any) -> str:
    return cut(json.dumps(payload, indent=2, ensure_ascii=False, default=str), _MAX_TEXT)


def _view(plan: Plan, *, is_measured: bool) -> PlanView:
    nodes = list(_flat(plan.root))
    times = [node.self_ms for _, node in nodes if node.self_ms is not None]
    slowest = max(times, default=0.0)
    whole = plan.execution_ms or plan.root.total_ms or sum(times)
    return PlanView(
        steps=tuple(
            _step(depth, node, whole, is_slowest=0 < slowest == node.self_ms)
            for depth, node in nodes[:_MAX_STEPS]
        ),
        is_measured=is_measured,
        has_times=bool(times),
        findings=tuple(finding.message for finding in plan.findings),
        triggers=tuple(_trigger(trigger) for trigger in plan.triggers),
    )


def _flat(root: PlanNode) -> Iterator[tuple[int, PlanNode]]:
    """Pre-order with depths, without recursion: a plan may be deep."""
    waiting = [(0, root)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        waiting.extend((depth + 1, child) for child in reversed(node.children))


def _step(depth: int, node: PlanNode, whole: float, *, is_slowest: bool) -> PlanStep:
    return PlanStep(
        depth=depth,
        title=_title(node),
        target=_target(node),
        self_time=_time(node, node.self_ms),
        total_time=_time(node, node.total_ms),
        rows=count(node.rows) if node.rows is not None else "",
        estimate=_estimate(node),
        loops=count(node.loops) if node.loops is not None else "",
        bar=min(node.self_ms / whole, 1.0) if node.self_ms is not None and whole else None,
        is_executed=node.executed,
        is_slowest=is_slowest,
        details=tuple(_details(node)),
        rest=tuple(_rest(node.raw)),
    )


def _title(node: PlanNode) -> str:
    join = node.raw.get("Join Type", "Inner")
    words = ["Parallel"] if node.raw.get("Parallel Aware") else []
    # ModifyTable says less than Insert, Update, Delete or Merge.
    words.append(str(node.raw.get("Operation", node.node_type)))
    if join != "Inner":
        words.append(f"({join})")
    return " ".join(words)


def _target(node: PlanNode) -> str:
    parts = []
    relation = node.relation or node.raw.get("CTE Name") or node.raw.get("Function Name")
    if relation:
        alias = node.raw.get("Alias")
        parts.append(f"on {relation}" + (f" {alias}" if alias and alias != relation else ""))
    if node.index:
        parts.append(f"using {node.index}")
    return " ".join(parts)


def _time(node: PlanNode, milliseconds: float | None) -> str:
    return "" if milliseconds is None or not node.executed else duration(milliseconds)


def _estimate(node: PlanNode) -> str:
    """The planner's guess, for all loops like the rows it is read beside."""
    if node.plan_rows is None:
        return ""
    return count(round(node.plan_rows * (node.loops or 1)))


def _details(node: PlanNode) -> Iterator[tuple[str, str]]:
    for key in _FIRST_READ:
        value = node.raw.get(key)
        if value in (None, 0) and key not in ("Heap Fetches", "Workers Launched"):
            continue
        if value is not None:
            yield key, _value(_of_all_loops(key, value, node.loops)) + _unit(key, node.raw)
    if buffers := _buffers(node.raw):
        yield "Buffers", buffers


def _unit(key: str, raw: Mapping[str, Any]) -> str:
    if key == "Sort Space Used":
        return f" kB, {str(raw.get('Sort Space Type', '')).lower()}"
    return " kB" if key in ("Peak Memory Usage", "Disk Usage") else ""


def _of_all_loops(key: str, value: Any, loops: float | None) -> Any:
    return round(value * loops) if key in _REMOVED and loops and loops > 1 else value


def _buffers(raw: Mapping[str, Any]) -> str:
    parts = []
    for place in ("Shared", "Local", "Temp"):
        for what in ("Hit", "Read", "Dirtied", "Written"):
            if blocks := raw.get(f"{place} {what} Blocks"):
                parts.append(f"{place.lower()} {what.lower()} {count(blocks)}")
    return ", ".join(parts)


def _rest(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every other key, except those that say nothing."""
    for key, value in raw.items():
        is_told = key in _TOLD or key in _FIRST_READ or key.endswith(" Blocks")
        if not is_told and value not in (None, False, 0, 0.0, "", []):
            yield key, _value(value)


def _value(value: Any) -> str:
    if isinstance(value, bool | str):
        return cut(str(value), _MAX_VALUE)
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return cut(", ".join(value), _MAX_VALUE)
    return cut(json.dumps(value, ensure_ascii=False, default=str), _MAX_VALUE)


def _trigger(trigger: Mapping[str, Any]) -> str:
    name = trigger.get("Trigger Name") or trigger.get("Constraint Name") or "trigger"
    table = f" on {trigger['Relation']}" if trigger.get("Relation") else ""
    calls, time = trigger.get("Calls"), trigger.get("Time")
    timing = f": {duration(time)}" if isinstance(time, int | float) else ""
    return f"{name}{table}{timing}" + (f", {calls} calls" if calls is not None else "")
