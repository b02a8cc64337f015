"""ORM102: sets of related objects and generic relations."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre, Note, Person

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM102")
check_hint = partial(tools.check_hint, hint_code="ORM102")


def test_noop_prefetched(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("reviews", "genres", "notes")
    check_noop(lambda: [(list(b.reviews.all()), list(b.genres.all())) for b in books])


def test_noop_one_parent(alias: str) -> None:
    check_noop(lambda: list(Book.objects.using(alias).get(title="Book 0").reviews.all()))


@pytest.mark.parametrize(
    "narrow",
    [
        lambda reviews: list(reviews.filter(rating=1)),
        lambda reviews: list(reviews.order_by("rating")),
        lambda reviews: list(reviews.select_related("user")),
        lambda reviews: list(reviews.values_list("pk", flat=True)),
        lambda reviews: list(reviews.distinct()),
        lambda reviews: list(reviews.all()[:1]),
        lambda reviews: list(reviews.iterator()),
        lambda reviews: reviews.last(),
        lambda reviews: reviews.in_bulk(),
        lambda reviews: reviews.filter(rating=1).count(),
        lambda reviews: reviews.filter(rating=1).exists(),
    ],
)
def test_noop_what_a_prefetch_does_not_serve(alias: str, narrow: Any) -> None:
    check_noop(lambda: [narrow(book.reviews) for book in Book.objects.using(alias)])


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (Book, "reviews"),
        (Book, "genres"),
        (Genre, "books"),
        (Book, "notes"),
        (Book, "chapter_set"),
        (Person, "edited_books"),
    ],
)
def test_related_sets(alias: str, model: Any, lookup: str) -> None:
    def code(objects: Any) -> list[list[int]]:
        return [sorted(o.pk for o in getattr(parent, lookup).all()) for parent in objects]

    hint = check_hint(
        lambda: code(model.objects.using(alias)),
        model=model._meta.label,
        lookup=lookup,
        fix=f'prefetch_related("{lookup}")',
    )
    tools.check_fix(code, model.objects.using(alias).order_by("pk"), hint)


@pytest.mark.parametrize("method", ["count", "exists"])
def test_noop_only_asked_about(alias: str, method: str) -> None:
    check_noop(lambda: [getattr(b.reviews, method)() for b in Book.objects.using(alias)])


@pytest.mark.parametrize("lookup", ["reviews", "genres", "notes"])
@pytest.mark.parametrize("method", ["count", "exists"])
def test_what_a_prefetch_answers_as_well(alias: str, method: str, lookup: str) -> None:
    def code(books: Any) -> list[Any]:
        return [(getattr(getattr(book, lookup), method)(), pks(book)) for book in books]

    def pks(book: Any) -> list[int]:
        return sorted(related.pk for related in getattr(book, lookup).all())

    hint = check_hint(lambda: code(Book.objects.using(alias)), lookup=lookup)
    assert len(hint.queries) == 8
    tools.check_fix(code, Book.objects.using(alias).order_by("pk"), hint)


def test_nested_sets_are_one_hint(alias: str) -> None:
    def code(people: Any) -> list[Any]:
        return [[len(b.reviews.all()) for b in person.books.all()] for person in people]

    hint = check_hint(
        lambda: code(Person.objects.using(alias).filter(books__isnull=False)),
        model="testapp.Person",
        lookup="books__reviews",
    )
    tools.check_fix(
        code, Person.objects.using(alias).filter(books__isnull=False).order_by("pk"), hint
    )


def test_generic_foreign_key(alias: str) -> None:
    def code(notes: Any) -> list[str]:
        return [note.subject.title for note in notes]

    hint = check_hint(
        lambda: code(Note.objects.using(alias)),
        model="testapp.Note",
        lookup="subject",
        fix='prefetch_related("subject")',
    )
    if alias == "default":  # elsewhere Django looks for the prefetched objects in "default"
        tools.check_fix(code, Note.objects.order_by("pk"), hint)
