"""The comparison runs, and what it says of ours is what the scenarios promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.__main__ import FIELDS, score, verdicts_of
from tests.peers.judging import calls_in, names
from tests.peers.tools import TOOLS

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.process
def test_ours_finds_all_names_all_repairs_all_and_flags_nothing() -> None:
    verdicts = verdicts_of(TOOLS["orm_insight"])
    assert [verdict["error"] for verdict in verdicts if verdict["error"]] == []
    for field in FIELDS[:3]:
        right, asked = map(int, score(verdicts, field).split(" of "))
        assert right == asked >= 100
    assert score(verdicts, "flagged").startswith("0 of ")


@pytest.mark.process
def test_unknown_tool_is_named_with_those_that_exist() -> None:
    command = [sys.executable, "-m", "tests.peers", "--only", "nobody"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert "unknown: nobody; there are orm_insight, zeal" in finished.stderr


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("Add .select_related('author') to your queryset", ["select_related('author')"]),
        ("Book.author: annotate(n=Count('x'))", ["annotate(n=Count('x'))"]),
        ("only('a').defer(f(g(1))). The end", ["only('a').defer(f(g(1)))", "defer(f(g(1)))"]),
        ("Add select_related('author' here", []),
        ("Assign the queryset to a variable", []),
    ],
)
def test_calls_are_found_in_prose(text: str, calls: list[str]) -> None:
    assert list(calls_in(text)) == calls


def test_relation_is_a_word_of_the_text() -> None:
    assert names("N+1 detected on testapp.Book.author", "author")
    assert names("Add select_related('book__author')", "author")
    assert not names("Potential n+1 query on `Book.authored`", "author")
    assert not names("N+1 for table testapp_person", "author")
