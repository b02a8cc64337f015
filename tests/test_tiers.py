"""The suite's own means: its tiers, what is run together, and the data of a module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import tiers
from tests.seeding import aliases_of, seeded_by
from tests.testapp.models import Genre


def make_genre(alias: str, name: str) -> None:
    Genre.objects.using(alias).create(name=name)


pytestmark = [pytest.mark.django_db(databases="__all__"), seeded_by(make_genre, name="seeded")]


@pytest.mark.parametrize("number", [1, 2])
def test_a_test_finds_what_its_module_has_written_and_nothing_of_another_test(
    alias: str, number: int
) -> None:
    assert [genre.name for genre in Genre.objects.using(alias).all()] == ["seeded"]
    Genre.objects.using(alias).update(name=str(number))
    make_genre(alias, "more")


def test_the_databases_are_those_that_the_mark_names(request: pytest.FixtureRequest) -> None:
    assert aliases_of(request.node) == ("default", "sqlite")


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/test_a.py::test_b", "tests/test_a.py"),
        ("tests/test_a.py::test_b[1]", "tests/test_a.py"),
        ("tests/test_a.py::test_b[u:p@h::1]", "tests/test_a.py"),
        ("tests/test_a.py::test_b@demo", "demo"),
        ("tests/test_a.py::test_b[u:p@h::1]@panel.test_a", "panel.test_a"),
    ],
)
def test_the_unit_of_a_test_is_its_group_or_its_module(nodeid: str, unit: str) -> None:
    assert tiers.unit_of(nodeid) == unit


@pytest.mark.process
def test_a_process_of_python_is_noticed() -> None:
    with pytest.raises(AssertionError, match="Mark the test"), tiers.no_process_of_python():
        subprocess.run([sys.executable, "-c", ""], check=True)


def test_noop_another_program() -> None:
    with tiers.no_process_of_python():
        subprocess.run(["true"], check=True)


def test_the_fixtures_that_make_a_test_slow_exist() -> None:
    """A fixture that gets another name takes its tests out of their tier."""
    written = "".join(path.read_text() for path in Path(__file__).parent.rglob("conftest.py"))
    names = {*tiers.TIER_OF_FIXTURE, *tiers.GROUP_OF_FIXTURE}

    assert {name for name in names if f"def {name}(" not in written} == set()
    assert {*tiers.TIER_OF_FIXTURE.values()} == {*tiers.TIERS}
