"""ORM205: whatever else is repeated by one line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models import Max

from tests.hints import tools
from tests.lines import line_with
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Chapter, Genre, Review

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM205")
check_hint = partial(tools.check_hint, hint_code="ORM205")


def test_noop_batches_of_keys(alias: str) -> None:
    ids = list(Book.objects.using(alias).values_list("pk", flat=True))
    tools.check_noop(
        lambda: [list(Book.objects.using(alias).filter(pk__in=ids[i : i + 2])) for i in (0, 2)]
    )


def test_noop_chunks_with_their_prefetches(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("genres")
    tools.check_noop(lambda: [list(b.genres.all()) for b in books.iterator(chunk_size=2)])


def test_noop_batches_of_new_objects(alias: str) -> None:
    tools.check_noop(
        lambda: Genre.objects.using(alias).bulk_create(
            (Genre(name=f"New {number}") for number in range(6)), batch_size=2
        )
    )


def test_noop_same_parameters(alias: str) -> None:
    check_noop(lambda: [Book.objects.using(alias).filter(pages=1).count() for _ in range(3)])


def test_raw_sql(alias: str) -> None:
    def code() -> None:
        with connections[alias].cursor() as cursor:
            for pages in (100, 101, 102):
                cursor.execute("SELECT count(*) FROM testapp_book WHERE pages = %s", [pages])

    hint = check_hint(code, fix="", certain=False)
    assert "SELECT testapp_book" in hint.title
    assert "3 times" in hint.message
    assert hint.saving.queries == 2


def test_writes(alias: str) -> None:
    def code() -> None:
        for book in Book.objects.using(alias):
            book.pages += 1
            book.save(using=alias)

    hint = check_hint(code)
    assert len(hint.queries) == 4


@pytest.mark.parametrize(
    ("ask", "advice"),
    [
        (list, 'prefetch_related("reviews") on the Book queryset of'),
        (lambda reviews: reviews.count(), 'annotate(...=Count("reviews")) on the Book queryset of'),
        (
            lambda reviews: reviews.exists(),
            'annotate(...=Exists(Review.objects.filter(book=OuterRef("pk")))) on the Book queryset',
        ),
        (
            lambda reviews: reviews.aggregate(Max("rating")),
            'annotate() with the aggregate over "reviews__..." on the Book queryset of',
        ),
    ],
    ids=["rows", "count", "exists", "aggregate"],
)
@pytest.mark.parametrize("name", ["book", "book_id"])
def test_foreign_key_followed_backwards_by_hand(
    alias: str, ask: Any, advice: str, name: str
) -> None:
    def code() -> None:
        reviews = Review.objects.using(alias)
        for book in Book.objects.using(alias):  # the parents
            ask(reviews.filter(**{name: book if name == "book" else book.pk}))

    hint = check_hint(code, fix="", certain=False, model="testapp.Review", lookup="book")
    assert advice in hint.message
    assert ":{}".format(line_with(Path(__file__), "# the parents")[1]) in hint.message
    assert "Review.objects.filter(book__in=...)" in hint.message
    assert [other.code for other in tools.report_of(code).hints] == ["ORM205"]


def test_parents_that_this_trace_has_not_loaded(alias: str) -> None:
    books = list(Book.objects.using(alias))
    hint = check_hint(
        lambda: [list(Chapter.objects.using(alias).filter(book=book)) for book in books]
    )
    assert 'prefetch_related("chapter_set") on the queryset of the Book rows' in hint.message


def test_parent_loaded_later_is_not_named(alias: str) -> None:
    keys = list(Book.objects.using(alias).values_list("pk", flat=True))

    def code() -> None:
        for key in keys:
            list(Review.objects.using(alias).filter(book_id=key))
        list(Book.objects.using(alias))

    assert "the queryset of the Book rows" in check_hint(code).message
