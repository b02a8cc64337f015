"""ORM104: what was prefetched is asked for again."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db.models import Prefetch

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Review

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM104")
check_hint = partial(tools.check_hint, hint_code="ORM104")


@pytest.fixture(autouse=True)
def kept_values(settings: Any) -> None:
    settings.ORM_INSIGHT = {
        **settings.ORM_INSIGHT,
        "REDACT_PARAMS": False,
    }  # as on a developer's machine


def test_noop_prefetched_and_read(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("reviews")
    check_noop(lambda: [[r.text for r in book.reviews.all()] for book in books])


def test_noop_not_prefetched(alias: str) -> None:
    books = Book.objects.using(alias)
    check_noop(lambda: [list(book.reviews.filter(rating=5)) for book in books])


def test_noop_another_relation_is_prefetched(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("genres")
    check_noop(lambda: [list(book.reviews.filter(rating=5)) for book in books])


def test_filter_on_prefetched_objects(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("reviews")
    hint = check_hint(
        lambda: [list(book.reviews.filter(rating=5)) for book in books.all()],
        model="testapp.Book",
        lookup="reviews",
    )
    assert "is wasted" in hint.message
    fixed = eval(f"books.{hint.fix}", {"books": books, "Prefetch": Prefetch, "Review": Review})
    before = tools.count_queries(
        lambda: [list(book.reviews.filter(rating=5)) for book in books.all()]
    )
    after = tools.count_queries(lambda: [book.matching_reviews for book in fixed.all()])
    assert before - after == hint.saving.queries


def test_order_of_prefetched_objects_of_many_to_many(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("genres")
    check_hint(lambda: [list(b.genres.order_by("name")) for b in books], lookup="genres")
