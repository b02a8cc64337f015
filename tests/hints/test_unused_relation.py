"""ORM105: what was loaded along and never used; known only in a recording in depth."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db.models import Prefetch

from tests.hints import tools
from tests.lines import line_with, place_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Person, Review

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM105", deep=True)
check_hint = partial(tools.check_hint, hint_code="ORM105", deep=True)


def test_noop_in_an_ordinary_recording(alias: str) -> None:
    books = Book.objects.using(alias).select_related("author")
    tools.check_noop(lambda: [book.title for book in books.all()])


@pytest.mark.parametrize(
    "read",
    [
        lambda book: book.author.name,
        lambda book: getattr(book, "author"),  # noqa: B009
        lambda book: book.byline,
        lambda book: book.__reduce__(),
    ],
    ids=["attribute", "getattr", "property", "pickle"],
)
def test_noop_read(alias: str, read: Callable[[Book], Any]) -> None:
    books = Book.objects.using(alias).select_related("author")
    check_noop(lambda: [read(book) for book in books])


def test_noop_read_of_one_row_only(alias: str) -> None:
    books = Book.objects.using(alias).select_related("author").prefetch_related("genres")
    check_noop(lambda: [(b.author, b.genres.all()) for b in books if b.title == "Book 1"])


def test_noop_read_in_another_evaluation_from_the_same_line(alias: str) -> None:
    def shelf() -> Any:
        return Book.objects.using(alias).select_related("author")

    check_noop(lambda: ([book.title for book in shelf()], [book.author for book in shelf()]))


def test_noop_no_rows(alias: str) -> None:
    books = Book.objects.using(alias).filter(pages=0)
    check_noop(lambda: list(books.select_related("author").prefetch_related("reviews")))


def test_noop_join_to_one_row(alias: str) -> None:
    books = Book.objects.using(alias).select_related("author")
    check_noop(lambda: books.get(title="Book 1").title)


def test_noop_null_on_the_way(alias: str) -> None:
    Book.objects.using(alias).update(editor=None)
    books = Book.objects.using(alias).select_related("editor__country")
    check_noop(lambda: [book.editor and book.editor.country for book in books])


def test_noop_empty_sets_on_the_way(alias: str) -> None:
    Review.objects.using(alias).all().delete()
    books = Book.objects.using(alias).prefetch_related("reviews__user")
    check_noop(lambda: [[review.user for review in book.reviews.all()] for book in books])


def test_noop_prefetch_followed_to_its_end(alias: str) -> None:
    people = Person.objects.using(alias).prefetch_related("books__reviews")
    check_noop(lambda: [[b.reviews.count() for b in person.books.all()] for person in people])


def test_noop_attribute_of_a_prefetch(alias: str) -> None:
    best = Prefetch("reviews", Review.objects.using(alias).filter(rating=1), to_attr="best")
    books = Book.objects.using(alias).prefetch_related(best)
    check_noop(lambda: [book.best for book in books])


def check_unused(code: Callable[[Any], Any], queryset: Any, **expected: Any) -> Any:
    """The hint, whose fix removes its statements or joins."""
    queryset = queryset.order_by("pk")
    hint = check_hint(lambda: code(queryset.all()), **expected)
    fixed = eval(f"queryset.{hint.fix}", {"queryset": queryset.all()})
    check_noop(lambda: code(fixed.all()))
    tools.check_fix(code, queryset, hint)
    return hint


def test_join(alias: str) -> None:
    books = Book.objects.using(alias).select_related("author")  # origin
    hint = check_unused(
        lambda books: [book.title for book in books],  # site
        books,
        model="testapp.Book",
        lookup="author",
        fix="select_related(None)",
        certain=True,
    )
    assert place_of(hint.origin) == line_with(test_join, "# origin")
    assert place_of(hint.site) == line_with(test_join, "# site")


def test_key_alone_needs_no_join(alias: str) -> None:
    books = Book.objects.using(alias).select_related("author")
    check_unused(lambda books: [book.author_id for book in books], books, lookup="author")


def test_join_beside_one_that_is_used(alias: str) -> None:
    books = Book.objects.using(alias).select_related("author", "publisher")
    check_unused(
        lambda books: [book.author.name for book in books],
        books,
        lookup="publisher",
        fix='select_related(None).select_related("author")',
    )


def test_end_of_a_path(alias: str) -> None:
    books = Book.objects.using(alias).select_related("author__country")
    check_unused(
        lambda books: [book.author.name for book in books],
        books,
        lookup="author__country",
        fix='select_related(None).select_related("author")',
    )


def test_reverse_one_to_one(alias: str) -> None:
    people = Person.objects.using(alias).select_related("profile")
    check_unused(lambda people: [person.name for person in people], people, lookup="profile")


def test_prefetch(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("reviews")
    hint = check_unused(
        lambda books: [book.title for book in books],
        books,
        lookup="reviews",
        fix="prefetch_related(None)",
    )
    assert hint.saving.queries == 1


def test_prefetch_of_several_levels(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("reviews__user", "genres")
    hint = check_unused(
        lambda books: [book.genres.count() for book in books],
        books,
        lookup="reviews__user",
        fix='prefetch_related(None).prefetch_related("genres")',
    )
    assert hint.saving.queries == 2


def test_end_of_a_prefetch(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related("reviews__user")
    hint = check_unused(
        lambda books: [[review.text for review in book.reviews.all()] for book in books],
        books,
        lookup="reviews__user",
        fix='prefetch_related(None).prefetch_related("reviews")',
    )
    assert hint.saving.queries == 1


def test_prefetch_with_a_queryset(alias: str) -> None:
    books = Book.objects.using(alias).prefetch_related(
        Prefetch("reviews", Review.objects.using(alias).filter(rating=1), to_attr="best")
    )
    hint = check_unused(lambda books: [book.title for book in books], books, lookup="reviews")
    assert hint.saving.queries == 1


def test_prefetch_beside_one_with_a_queryset(alias: str) -> None:
    best = Prefetch("reviews", Review.objects.using(alias).filter(rating=1), to_attr="best")
    books = Book.objects.using(alias).prefetch_related(best, "genres")
    check_hint(lambda: [book.best for book in books], lookup="genres", fix="")


def test_two_unused_of_one_queryset(alias: str) -> None:
    books = Book.objects.using(alias).select_related("author", "publisher", "editor")
    report = tools.report_of(lambda: [book.author for book in books], deep=True)
    unused = [hint for hint in report.hints if hint.code == "ORM105"]
    assert sorted(hint.lookup or "" for hint in unused) == ["editor", "publisher"]
    assert {hint.fix for hint in unused} == {'select_related(None).select_related("author")'}
