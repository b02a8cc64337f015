"""Plans, their findings and indexes as JSON-native values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from orm_insight.explain.base import Explanation
from orm_insight.explain.summary import summarize
from orm_insight.model.plan import Finding, IndexAdvice, Plan, PlanNode, Trial

_EXPLANATION = "vendor analyzed notice error captured_ms explained_ms text payload"
_PLAN = "planning_ms execution_ms serialization_ms jit_ms"
_ADVICE = "id hint model table name reason meta meta_imports migration sql note"
_TRIAL = "helps cost_before cost_after ms_before ms_after"
_FINDING = "code title message advice share ms hint"
_NODE = """
    node_type relation schema alias index loops rows plan_rows total_ms self_ms io_read_ms
    io_write_ms executed
"""


def explanation_to_dict(explanation: Explanation) -> dict[str, Any]:
    """The answer of an EXPLAIN, JSON-native."""
    return {
        "outcome": str(explanation.outcome),
        "query": explanation.query.index,
        "alias": explanation.query.alias,
        **_values(explanation, _EXPLANATION),
        "summary": summarize(explanation.plan) if explanation.plan else None,
        "plan": plan_to_dict(explanation.plan) if explanation.plan else None,
        "advice": [advice_to_dict(advice) for advice in explanation.advice],
    }


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Steps have the number of their place in pre-order, by which findings name them."""
    numbers = {id(node): number for number, node in enumerate(plan.nodes())}
    return {
        "summary": summarize(plan),
        **_values(plan, _PLAN),
        "triggers": [dict(trigger) for trigger in plan.triggers],
        "findings": [_finding_to_dict(finding, numbers) for finding in plan.findings],
        "root": _node_to_dict(plan.root, numbers),
        "raw": dict(plan.raw),
    }


def advice_to_dict(advice: IndexAdvice) -> dict[str, Any]:
    """The index as code, whether it is verified, and both plans of its trial."""
    return {
        **_values(advice, _ADVICE),
        "fields": list(advice.fields),
        "verified": advice.is_verified,
        "trial": _trial_to_dict(advice.trial) if advice.trial else None,
    }


def _values(value: object, names: str) -> dict[str, Any]:
    """The attributes that are JSON-native as they are."""
    return {name: getattr(value, name) for name in names.split()}


def _trial_to_dict(trial: Trial) -> dict[str, Any]:
    return {
        "method": str(trial.method),
        **_values(trial, _TRIAL),
        "before": plan_to_dict(trial.before) if trial.before else None,
        "after": plan_to_dict(trial.after) if trial.after else None,
    }


def _finding_to_dict(finding: Finding, numbers: Mapping[int, int]) -> dict[str, Any]:
    step = None if finding.is_of_plan else numbers.get(id(finding.node))
    return {**_values(finding, _FINDING), "step": step}


def _node_to_dict(node: PlanNode, numbers: Mapping[int, int]) -> dict[str, Any]:
    return {
        "step": numbers[id(node)],
        **_values(node, _NODE),
        "buffers": None if node.buffers is None else asdict(node.buffers),
        "workers": [dict(worker) for worker in node.workers],
        "raw": dict(node.raw),
        "children": [_node_to_dict(child, numbers) for child in node.children],
    }
