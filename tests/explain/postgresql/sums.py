"""Sums that hold for every measured plan."""

from __future__ import annotations

from typing import Any

import pytest

from orm_insight.explain.postgresql import parse_plan


def check_self_times(payload: Any, expected: dict[str, Any]) -> None:
    nodes = list(parse_plan(payload).nodes())
    assert [node.node_type for node in nodes] == [step["step"] for step in expected["steps"]]
    for node, step in zip(nodes, expected["steps"], strict=True):
        if step["total_ms"] is None:
            assert (node.total_ms, node.self_ms) == (None, None)
            continue
        assert node.total_ms == pytest.approx(step["total_ms"], abs=1e-5)
        if step["self_ms"] is not None:
            wanted = max(0.0, step["self_ms"])
            assert node.self_ms == pytest.approx(wanted, abs=step["error_ms"] + 1e-5), step
    for group in expected["groups"]:
        found = sum(nodes[number].self_ms or 0.0 for number in group["steps"])
        assert found == pytest.approx(group["self_ms"], abs=group["error_ms"] + 1e-5), group


def check_sum(payload: Any, expected: dict[str, Any]) -> None:
    plan = parse_plan(payload)
    selfs = [node.self_ms for node in plan.nodes() if node.self_ms is not None]
    if not selfs:
        assert plan.root.total_ms is None
        return
    assert min(selfs) >= 0
    whole = plan.root.total_ms + expected["after_ms"]
    assert sum(selfs) == pytest.approx(whole, rel=0.01, abs=0.002)
