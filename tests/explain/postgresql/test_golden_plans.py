"""Plans of real servers, kept as files: self times, and the findings, are as expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orm_insight.explain.postgresql import parse_plan
from tests.explain.golden import files

PLANS = files.plans()


@pytest.fixture(params=PLANS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def golden(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    """A plan as the server printed it, and what is expected."""
    path: Path = request.param
    return files.read(path), files.read(files.expectation_of(path))


def test_every_step_has_spent_what_is_expected(golden: tuple[Any, dict[str, Any]]) -> None:
    payload, expected = golden
    check_self_times(payload, expected)


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


def test_self_times_are_not_negative_and_add_up(golden: tuple[Any, dict[str, Any]]) -> None:
    payload, expected = golden
    check_sum(payload, expected)


def check_sum(payload: Any, expected: dict[str, Any]) -> None:
    plan = parse_plan(payload)
    selfs = [node.self_ms for node in plan.nodes() if node.self_ms is not None]
    if not selfs:
        assert plan.root.total_ms is None
        return
    assert min(selfs) >= 0
    whole = plan.root.total_ms + expected["after_ms"]
    assert sum(selfs) == pytest.approx(whole, rel=0.01, abs=0.002)


def test_findings(golden: tuple[Any, dict[str, Any]]) -> None:
    payload, expected = golden
    assert (
        sorted({finding.code for finding in parse_plan(payload).findings}) == expected["findings"]
    )


def test_the_plans_of_both_servers_are_there() -> None:
    assert {path.parent.name for path in PLANS} == {"15", "18"}
    assert all(files.expectation_of(path).exists() for path in PLANS)
