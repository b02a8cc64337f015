"""Each scenario on both databases: what is hinted, where, and that the fix does what it says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import models
from django.db.models import QuerySet, functions

import orm_insight
from orm_insight.model.hint import Hint
from orm_insight.reports.report import Report
from tests.routers import OneDatabase
from tests.scenarios import load
from tests.scenarios import models as shelves
from tests.scenarios.registry import Scenario, lines_of
from tests.seeding import seeded_by
from tests.testapp import models as library
from tests.testapp.factories import make_library

NAMES = {**vars(models), **vars(functions), **vars(library), **vars(shelves)}
SCENARIOS = load()
PAIRS = [scenario for scenario in SCENARIOS if scenario.hint]
CLEAN = [scenario for scenario in SCENARIOS if not scenario.hint]


def fill(alias: str) -> None:
    make_library(alias, books=5)
    shelves.fill(alias)


pytestmark = [pytest.mark.django_db(databases="__all__"), seeded_by(fill)]


@pytest.fixture(autouse=True)
def database(alias: str, settings: Any) -> Iterator[None]:
    settings.DATABASE_ROUTERS = ["tests.routers.OneDatabase", *settings.DATABASE_ROUTERS]
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}
    OneDatabase.alias = alias
    yield
    OneDatabase.alias = "default"


def run(code: Any, scenario: Scenario) -> tuple[Report, Any]:
    with orm_insight.capture(deep=scenario.is_deep) as trace:
        result = code()
    return trace.report(), result


def described(hints: Any) -> list[tuple[Any, ...]]:
    return [(hint.code, hint.lookup, hint.fix, hint.message) for hint in hints]


@pytest.mark.parametrize("scenario", CLEAN, ids=lambda scenario: scenario.id)
def test_clean_code_gives_no_hint(scenario: Scenario) -> None:
    report, _ = run(scenario.run_bad, scenario)
    assert report.hints == (), described(report.hints)


@pytest.mark.parametrize("scenario", PAIRS, ids=lambda scenario: scenario.id)
def test_pair(scenario: Scenario) -> None:
    bad, result = run(scenario.run_bad, scenario)
    hint = the_hint(bad, scenario)
    if scenario.origin:
        assert hint.origin is not None and hint.origin.line in lines_of(scenario.build)
    if scenario.site:
        assert hint.site is not None and hint.site.line in lines_of(scenario.read)
    if scenario.good is not None:
        check_repaired(*run(scenario.run_good, scenario), bad, result, scenario)
    if scenario.fixes:
        assert hint.fix, hint.message
        fixed = partial(run_fixed, scenario, hint.fix)
        report, same = run(fixed, scenario)
        check_repaired(report, same, bad, result, scenario)
        assert len(bad.queries) - len(report.queries) >= hint.saving.queries


def the_hint(report: Report, scenario: Scenario) -> Hint:
    """The one that is expected, and no other."""
    assert scenario.hint is not None
    codes = sorted([scenario.hint[0], *scenario.others])
    assert sorted(hint.code for hint in report.hints) == codes, described(report.hints)
    hints = [hint for hint in report.hints if (hint.code, hint.lookup) == scenario.hint]
    assert len(hints) == 1, described(report.hints)
    return hints[0]


def run_fixed(scenario: Scenario, fix: str) -> Any:
    """The scenario with the fix pasted after its queryset."""
    queryset = scenario.build()
    assert isinstance(queryset, QuerySet)
    fixed = eval(f"queryset.{fix}", {**NAMES, "queryset": queryset})
    return (scenario.good_read or scenario.read)(fixed)


def check_repaired(
    report: Report, result: Any, bad: Report, expected: Any, scenario: Scenario
) -> None:
    left = [hint for hint in report.hints if hint.code not in scenario.others]
    assert left == [], described(left)
    assert result == expected
    if scenario.same_number:
        assert len(report.queries) == len(bad.queries)
    else:
        assert len(report.queries) < len(bad.queries)
