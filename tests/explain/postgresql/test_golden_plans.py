"""Plans of real servers, kept as files: self times, and the findings, are as expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orm_insight.explain.postgresql import parse_plan
from tests.explain.golden import files
from tests.explain.postgresql.sums import check_self_times, check_sum

PLANS = files.plans()


@pytest.fixture(params=PLANS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def golden(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    """A plan as the server printed it, and what is expected."""
    path: Path = request.param
    return files.read(path), files.read(files.expectation_of(path))


def test_every_step_has_spent_what_is_expected(golden: tuple[Any, dict[str, Any]]) -> None:
    payload, expected = golden
    check_self_times(payload, expected)


def test_self_times_are_not_negative_and_add_up(golden: tuple[Any, dict[str, Any]]) -> None:
    payload, expected = golden
    check_sum(payload, expected)


def test_findings(golden: tuple[Any, dict[str, Any]]) -> None:
    payload, expected = golden
    assert (
        sorted({finding.code for finding in parse_plan(payload).findings}) == expected["findings"]
    )


def test_the_plans_of_both_servers_are_there() -> None:
    assert {path.parent.name for path in PLANS} == {"15", "18"}
    assert all(files.expectation_of(path).exists() for path in PLANS)
