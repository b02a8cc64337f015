"""Plans, their findings and indexes as JSON-native values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from orm_insight.explain.base import Explanation
from orm_insight.explain.summary import summarize
from orm_insight.model.plan import Finding, IndexAdvice, Plan, PlanNode, Trial


def explanation_to_dict(explanation: Explanation) -> dict[str, Any]:
    """The answer of an EXPLAIN, JSON-native."""
    return {
        "outcome": str(explanation.outcome),
        "query": explanation.query.index,
        "alias": explanation.query.alias,
        "vendor": explanation.vendor,
        "analyzed": explanation.analyzed,
        "notice": explanation.notice,
        "error": explanation.error,
        "captured_ms": explanation.captured_ms,
        "explained_ms": explanation.explained_ms,
        "summary": summarize(explanation.plan) if explanation.plan else None,
        "plan": plan_to_dict(explanation.plan) if explanation.plan else None,
        "advice": [advice_to_dict(advice) for advice in explanation.advice],
        "text": explanation.text,
        "payload": explanation.payload,
    }


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Steps have the number of their place in pre-order, by which findings name them."""
    numbers = {id(node): number for number, node in enumerate(plan.nodes())}
    return {
        "summary": summarize(plan),
        "planning_ms": plan.planning_ms,
        "execution_ms": plan.execution_ms,
        "serialization_ms": plan.serialization_ms,
        "jit_ms": plan.jit_ms,
        "triggers": [dict(trigger) for trigger in plan.triggers],
        "findings": [_finding_to_dict(finding, numbers) for finding in plan.findings],
        "root": _node_to_dict(plan.root, numbers),
        "raw": dict(plan.raw),
    }


def advice_to_dict(advice: IndexAdvice) -> dict[str, Any]:
    """The index as code, whether it is verified, and both plans of its trial."""
    return {
        "id": advice.id,
        "hint": advice.hint,
        "model": advice.model,
        "table": advice.table,
        "name": advice.name,
        "reason": advice.reason,
        "fields": list(advice.fields),
        "meta": advice.meta,
        "meta_imports": advice.meta_imports,
        "migration": advice.migration,
        "sql": advice.sql,
        "note": advice.note,
        "verified": advice.is_verified,
        "trial": _trial_to_dict(advice.trial) if advice.trial else None,
    }


def _trial_to_dict(trial: Trial) -> dict[str, Any]:
    return {
        "method": str(trial.method),
        "helps": trial.helps,
        "cost_before": trial.cost_before,
        "cost_after": trial.cost_after,
        "ms_before": trial.ms_before,
        "ms_after": trial.ms_after,
        "before": plan_to_dict(trial.before) if trial.before else None,
        "after": plan_to_dict(trial.after) if trial.after else None,
    }


def _finding_to_dict(finding: Finding, numbers: Mapping[int, int]) -> dict[str, Any]:
    return {
        "code": finding.code,
        "title": finding.title,
        "message": finding.message,
        "advice": finding.advice,
        "share": finding.share,
        "ms": finding.ms,
        "hint": finding.hint,
        "step": None if finding.is_of_plan else numbers.get(id(finding.node)),
    }


def _node_to_dict(node: PlanNode, numbers: Mapping[int, int]) -> dict[str, Any]:
    return {
        "step": numbers[id(node)],
        "node_type": node.node_type,
        "relation": node.relation,
        "schema": node.schema,
        "alias": node.alias,
        "index": node.index,
        "loops": node.loops,
        "rows": node.rows,
        "plan_rows": node.plan_rows,
        "total_ms": node.total_ms,
        "self_ms": node.self_ms,
        "buffers": None if node.buffers is None else asdict(node.buffers),
        "io_read_ms": node.io_read_ms,
        "io_write_ms": node.io_write_ms,
        "executed": node.executed,
        "workers": [dict(worker) for worker in node.workers],
        "raw": dict(node.raw),
        "children": [_node_to_dict(child, numbers) for child in node.children],
    }
