"""Two runs of real code, before and after a repair: which hints and statements are gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orm_insight.reports.comparison import Kind, compare
from orm_insight.reports.silence import Silence
from tests.hints.tools import report_of
from tests.reports.comparisons import at, report
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [pytest.mark.django_db, seeded_by(make_library, books=4)]

WASTEFUL = """
def titles():
    books = Book.objects.order_by("pk")
    return [book.author.name for book in books]
"""
MOVED = f"# A comment more.\n\n{WASTEFUL}"
REPAIRED = WASTEFUL.replace('"pk")', '"pk").select_related("author")')
PREFETCHED = WASTEFUL.replace('"pk")', '"pk").prefetch_related("author")')


@pytest.fixture
def run(tmp_path) -> Callable[..., Any]:
    """Run code as the contents of one file, which changes between the runs."""

    def run_as_file(code: str, *, file: str = "shelf.py", deep: bool = False) -> Any:
        path = tmp_path / file
        path.write_text(code)
        names: dict[str, Any] = {"Book": Book}
        exec(compile(code, str(path), "exec"), names)
        return report_of(names["titles"], deep=deep)

    return run_as_file


def kinds(found) -> list[tuple[Kind, int, int]]:
    """The kinds of pairs told apart by more than their time, which real runs have of their own."""
    return [
        (pair.kind, *pair.count)
        for pair in found.pairs
        if pair.kind is Kind.CHANGED or pair.count.difference
    ]


def test_same_code_twice(run):
    found = compare(run(WASTEFUL), run(WASTEFUL))

    assert kinds(found) == []
    assert found.has_same_statements
    assert (found.gone, found.new, len(found.kept)) == ((), (), 1)


def test_code_that_only_moved(run):
    found = compare(run(WASTEFUL), run(MOVED))

    assert kinds(found) == []
    assert (found.gone, found.new, len(found.kept)) == ((), (), 1)


def test_join_in_the_place_of_a_loop(run):
    found = compare(run(WASTEFUL), run(REPAIRED))

    assert kinds(found) == [(Kind.VANISHED, 4, 0), (Kind.CHANGED, 1, 1)]
    assert [hint.code for hint in found.gone] == ["ORM101"]
    assert (found.new, found.kept) == ((), ())
    assert (found.queries.before, found.queries.after) == (5, 1)


def test_prefetch_in_the_place_of_a_loop(run):
    found = compare(run(WASTEFUL), run(PREFETCHED))

    assert kinds(found) == [(Kind.VANISHED, 4, 0), (Kind.APPEARED, 0, 1)]
    assert [hint.code for hint in found.gone] == ["ORM101"]


def test_repair_undone(run):
    found = compare(run(REPAIRED), run(WASTEFUL))

    assert [hint.code for hint in found.new] == ["ORM101"]
    assert found.gone == ()


def test_hint_that_moved_to_another_function_is_the_same(run):
    found = compare(run(WASTEFUL), run(f"{WASTEFUL}\nshelf = titles\ndef titles(): return shelf()"))
    assert len(found.kept) == 1

    renamed = WASTEFUL.replace("titles", "shelf")
    found = compare(run(WASTEFUL), run(f"{renamed}\ntitles = shelf"))

    assert (found.gone, found.new, len(found.kept)) == ((), (), 1)


def test_hint_that_names_only_a_model_is_not_followed_to_another_file(run):
    counting = "def titles():\n    for _ in range(3):\n        Book.objects.count()\n"
    renamed = counting.replace("titles", "counted") + "titles = counted"
    before = run(counting)
    assert [hint.lookup for hint in before.hints] == [None]

    assert len(compare(before, run(renamed)).kept) == 1
    elsewhere = compare(before, run(counting, file="other.py"))

    assert (len(elsewhere.gone), len(elsewhere.new)) == (1, 1)


def test_silenced_hint_is_not_gone(run):
    before = run(WASTEFUL)
    after = replace(run(WASTEFUL), silence=Silence(rules={"*": ("ORM101",)}))
    assert after.hints == () and len(after.silenced) == 1

    found = compare(before, after)

    assert (found.gone, found.new, found.kept) == ((), (), ())
    back = compare(after, before)
    assert (back.gone, back.new, back.kept) == ((), (), ())
    lost = compare(after, run("def titles(): pass"))
    assert lost.gone == ()


def test_hint_that_needs_depth_is_not_gone_without_it(run):
    unused = WASTEFUL.replace("book.author.name", "book.title").replace(
        '"pk")', '"pk").select_related("author")'
    )
    deep, shallow = run(unused, deep=True), run(unused)
    assert "ORM105" in {hint.code for hint in deep.hints}

    assert compare(deep, shallow).gone == ()
    assert compare(shallow, deep).new == ()
    repaired = compare(deep, run(WASTEFUL.replace("book.author.name", "book.title"), deep=True))
    assert [hint.code for hint in repaired.gone] == ["ORM105"]


def test_endpoints_are_told_apart():
    same = report(at(10)), report(at(10))
    other = report(at(10), path="/other/", name="GET /other/")

    assert compare(*same).is_same_endpoint
    assert not compare(same[0], other).is_same_endpoint
