"""A ``Prefetch`` that is there already: only the line that asks has to change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.hints.patching.tools import follow, only_hint, run, write
from tests.seeding import seeded_by
from tests.testapp.factories import make_library

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
    pytest.mark.usefixtures("library"),
]

BOOK_AND_REVIEW = "from tests.testapp.models import Book, Review\n"
LOOP = """
def run():
    books = Book.objects.order_by("pk")[:3]
    return [[review.text for review in book.reviews.filter(rating=RATING)] for book in books]
"""


def test_prefetch_that_is_there_is_not_advised_again(tmp_path: Path) -> None:
    """The first edit was made, the second forgotten."""
    path = write(tmp_path, f"RATING = 3\n{LOOP}")
    report, before = run(path)
    first = only_hint(report, "ORM103")
    text = path.read_text()
    follow(path, replace(first, change=replace(first.change, readings=())))
    half, _ = run(path)
    assert len(half.queries) == len(report.queries) + 1
    hint = only_hint(half, "ORM103")
    assert (hint.fix, hint.imports, hint.certain) == ("", (), True)
    assert "has already prefetched them as book.matching_reviews" in hint.message
    assert "still calls .filter()" in hint.message
    assert hint.saving.queries == 3
    follow(path, hint)
    after, result = run(path)
    assert (len(after.queries), result) == (2, before)
    assert text != path.read_text()


@pytest.mark.parametrize(
    ("prefetch", "instead"),
    [
        ('Prefetch("reviews", Review.objects.filter(rating=3), "good")', "book.good"),
        ('Prefetch("reviews", Review.objects.filter(rating=3), to_attr="good")', "book.good"),
        ('Prefetch("reviews", queryset=good, to_attr="good")', "book.good"),
        ('Prefetch("reviews", Review.objects.filter(rating=1), to_attr="bad")', None),
    ],
)
def test_prefetch_of_their_own(tmp_path: Path, prefetch: str, instead: str | None) -> None:
    code = f"""
    def run():
        good = Review.objects.filter(rating=3)
        books = Book.objects.prefetch_related({prefetch}).order_by("pk")
        return [[r.text for r in book.reviews.filter(rating=3)] for book in books], good
    """
    header = f"from django.db.models import Prefetch\n{BOOK_AND_REVIEW}"
    path = write(tmp_path, code.replace(", good\n", "\n"), header)
    report, before = run(path)
    [hint] = [hint for hint in report.hints if hint.code in ("ORM103", "ORM104")]
    if instead is None:
        assert 'to_attr="matching_reviews"' in hint.fix
        return
    assert (hint.fix, hint.instead) == ("", instead)
    follow(path, hint)
    after, result = run(path)
    assert (len(after.queries), result) == (2, before)


def test_prefetch_of_another_queryset_of_the_function_serves_nothing(tmp_path: Path) -> None:
    code = """
    def run():
        good = Prefetch("reviews", Review.objects.filter(rating=3), to_attr="good")
        others = list(Book.objects.prefetch_related(good).order_by("pk")[:1])
        books = Book.objects.prefetch_related("reviews").order_by("pk")
        return [[r.text for r in book.reviews.filter(rating=3)] for book in books], others
    """
    header = f"from django.db.models import Prefetch\n{BOOK_AND_REVIEW}"
    report, _ = run(write(tmp_path, code, header))
    hint = only_hint(report, "ORM104")
    assert hint.fix.startswith("prefetch_related(Prefetch(")
    assert "already" not in hint.message
