"""ORM301: wide columns that were loaded and never read."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core import serializers
from django.db.models import Prefetch
from django.forms.models import model_to_dict

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import AudioBook, Book, Person, Profile, Review

check_noop = partial(tools.check_noop, hint_code="ORM301", deep=True)
check_hint = partial(tools.check_hint, hint_code="ORM301", deep=True)


def fill(alias: str) -> None:
    make_library(alias, books=4)
    Profile.objects.using(alias).update(biography="A long life. " * 40)


pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(fill)]


def test_noop_in_an_ordinary_recording(alias: str) -> None:
    tools.check_noop(lambda: [book.title for book in Book.objects.using(alias)])


@pytest.mark.parametrize(
    "read",
    [
        lambda book: book.body,
        lambda book: getattr(book, "body"),  # noqa: B009
        lambda book: vars(book)["body"],
        lambda book: copy.copy(book),
        lambda book: model_to_dict(book),
        lambda book: serializers.serialize("json", [book]),
        lambda book: book.save(),
    ],
    ids=["attribute", "getattr", "vars", "copy", "model_to_dict", "serializer", "save"],
)
def test_noop_read(alias: str, read: Callable[[Book], Any]) -> None:
    check_noop(lambda: [(book.title, read(book)) for book in Book.objects.using(alias)])


def test_noop_read_of_one_row(alias: str) -> None:
    check_noop(lambda: [b.pages == 101 and b.body for b in Book.objects.using(alias)])


def test_noop_short_values(alias: str) -> None:
    Book.objects.using(alias).update(body="short")
    check_noop(lambda: [book.title for book in Book.objects.using(alias)])


def test_noop_one_row(alias: str) -> None:
    check_noop(lambda: Book.objects.using(alias).get(title="Book 1").title)


def test_noop_left_out(alias: str) -> None:
    check_noop(lambda: [book.title for book in Book.objects.using(alias).defer("body")])
    check_noop(lambda: [book.title for book in Book.objects.using(alias).only("title")])
    check_noop(lambda: list(Book.objects.using(alias).values_list("title")))


def test_noop_rows_are_not_used_at_all(alias: str) -> None:
    """Who took them may read them later."""
    check_noop(lambda: list(Book.objects.using(alias)))


def check_wide(code: Callable[[Any], Any], queryset: Any, **expected: Any) -> None:
    queryset = queryset.order_by("pk")
    hint = check_hint(lambda: code(queryset.all()), **expected)
    fixed = eval(f"queryset.{hint.fix}", {"queryset": queryset.all()})
    assert tools.count_queries(lambda: code(fixed)) == tools.count_queries(
        lambda: code(queryset.all())
    )
    check_noop(lambda: code(fixed.all()))
    assert code(fixed.all()) == code(queryset.all())


def test_wide_column(alias: str) -> None:
    check_wide(
        lambda books: [book.title for book in books],
        Book.objects.using(alias),
        model="testapp.Book",
        lookup="body",
        fix='defer("body")',
    )


def test_cached_properties_of_the_row_are_no_reading(alias: str) -> None:
    check_wide(lambda books: [str(book) for book in books], Book.objects.using(alias))


def test_beside_other_columns_that_are_left_out(alias: str) -> None:
    only = Book.objects.using(alias).only("title", "body")
    check_wide(lambda books: [book.title for book in books], only, fix='defer("body")')
    defer = Book.objects.using(alias).defer("pages")
    check_wide(lambda books: [book.title for book in books], defer, fix='defer("body")')


def test_of_a_joined_object(alias: str) -> None:
    check_wide(
        lambda people: [person.profile.person_id for person in people],
        Person.objects.using(alias).select_related("profile"),
        lookup="profile__biography",
        fix='defer("profile__biography")',
    )


def test_of_a_parent_table(alias: str) -> None:
    for book in Book.objects.using(alias).all():
        audio = AudioBook(book_ptr=book, narrator=book.author, minutes=5)
        audio.__dict__.update({k: v for k, v in vars(book).items() if k != "_state"})
        audio.save(using=alias)
    check_wide(lambda books: [b.minutes for b in books], AudioBook.objects.using(alias))


def test_of_prefetched_objects(alias: str) -> None:
    """Who writes a Prefetch has a queryset to change; else there is only advice."""
    Review.objects.using(alias).update(text="I have read it. " * 40)
    books = Book.objects.using(alias).defer("body")
    code: Callable[[Any], Any] = lambda books: [  # noqa: E731
        [review.rating for review in book.reviews.all()] for book in books
    ]
    hint = check_hint(lambda: code(books.prefetch_related("reviews")), fix="", certain=False)
    assert "Review.objects.defer" in hint.message
    reviews = Review.objects.using(alias)
    check_hint(
        lambda: code(books.prefetch_related(Prefetch("reviews", reviews.all()))),
        model="testapp.Review",
        fix='defer("text")',
    )
