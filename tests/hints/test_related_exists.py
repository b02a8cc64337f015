"""ORM202: each row asks by itself whether it has related objects."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre, Note, Person, Publisher

check_noop = partial(tools.check_noop, hint_code="ORM202")
check_hint = partial(tools.check_hint, hint_code="ORM202")


def fill(alias: str) -> None:
    """One book has nothing."""
    ContentType.objects.get_for_model(Book)
    first, second, *_ = make_library(alias, books=4).books
    for related in (first.reviews, first.chapter_set, first.notes, second.notes):
        related.all().delete()
    first.genres.clear()
    # A note on something else, with the key of a book.
    note = Note(subject=first.author, text="Of a person")
    note.object_id = second.pk
    note.save(using=alias)


pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(fill)]


def test_noop_one_parent(alias: str) -> None:
    tools.check_noop(lambda: Book.objects.using(alias).get(title="Book 1").reviews.exists())


@pytest.mark.parametrize("lookup", ["reviews", "genres", "notes"])
def test_noop_prefetched(alias: str, lookup: str) -> None:
    books = Book.objects.using(alias).prefetch_related(lookup)
    tools.check_noop(lambda: [getattr(book, lookup).exists() for book in books])


def test_noop_where_a_prefetch_is_needed_anyway(alias: str) -> None:
    def narrowed(books: Any) -> list[Any]:
        return [
            [genre.name for genre in book.genres.filter(pk__gt=0)] if book.genres.exists() else []
            for book in books
        ]

    def loads(books: Any) -> list[Any]:
        return [book.genres.exists() and len(book.genres.all()) for book in books]

    check_hint(lambda: narrowed(Book.objects.using(alias)), lookup="genres")
    check_noop(lambda: loads(Book.objects.using(alias)))
    hint = tools.check_hint(lambda: loads(Book.objects.using(alias)), "ORM102", lookup="genres")
    tools.check_fix(loads, Book.objects.using(alias).order_by("pk"), hint)


def test_noop_contains(alias: str) -> None:
    genre = Genre.objects.using(alias).order_by("pk")[0]
    check_noop(lambda: [book.genres.contains(genre) for book in Book.objects.using(alias)])


def test_noop_rows_of_two_querysets(alias: str) -> None:
    def code() -> None:
        first = Book.objects.using(alias).get(title="Book 1")
        second = Book.objects.using(alias).get(title="Book 2")
        for book in (first, second):
            book.reviews.exists()

    check_noop(code)


@pytest.mark.parametrize(
    ("model", "lookup", "value"),
    [
        (Book, "reviews", 'has_reviews=Exists(Review.objects.filter(book=OuterRef("pk")))'),
        (Book, "chapter_set", 'has_chapter=Exists(Chapter.objects.filter(book=OuterRef("pk")))'),
        (Book, "genres", 'has_genres=Exists(Genre.objects.filter(books=OuterRef("pk")))'),
        (Book, "notes", 'has_notes=Exists(Note.objects.filter(book=OuterRef("pk")))'),
        (Genre, "books", 'has_books=Exists(Book.objects.filter(genres=OuterRef("pk")))'),
        (Person, "pupils", 'has_pupils=Exists(Person.objects.filter(mentor=OuterRef("pk")))'),
        (Publisher, "books", 'has_books=Exists(Book.objects.filter(publisher=OuterRef("pk")))'),
    ],
)
def test_each_kind_of_relation(alias: str, model: Any, lookup: str, value: str) -> None:
    def ask(row: Any) -> bool:
        return getattr(row, lookup).exists()

    def code() -> list[bool]:
        return [ask(row) for row in model.objects.using(alias)]

    hint = check_hint(code, model=model._meta.label, fix=f"annotate({value})", certain=True)
    assert [other.code for other in tools.report_of(code).hints] == ["ORM202"]
    if lookup != "notes" or alias == "default":  # elsewhere Django joins with types of "default"
        assert True in tools.check_annotation(ask, model.objects.using(alias).order_by("pk"), hint)


@pytest.mark.parametrize(
    "build",
    [
        lambda books: books.filter(reviews__rating=2),
        lambda books: books.select_related("author"),
        lambda books: books.prefetch_related("genres"),
    ],
)
def test_whatever_the_queryset_joins(alias: str, build: Any) -> None:
    def ask(book: Any) -> bool:
        return book.chapter_set.exists()

    hint = check_hint(lambda: [ask(book) for book in build(Book.objects.using(alias))])
    books = build(Book.objects.using(alias).order_by("pk")).prefetch_related(None)
    tools.check_annotation(ask, books, hint)


@pytest.mark.parametrize("lookup", ["reviews", "genres", "notes"])
def test_narrowed_has_no_fix(alias: str, lookup: str) -> None:
    def code() -> list[bool]:
        return [getattr(b, lookup).filter(pk__gt=1).exists() for b in Book.objects.using(alias)]

    hint = check_hint(code, fix="", certain=False, lookup=lookup)
    assert ".objects.filter(...))" in hint.message
    assert [other.code for other in tools.report_of(code).hints] == ["ORM202"]
