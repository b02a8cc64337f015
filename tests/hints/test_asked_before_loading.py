"""ORM305: a question about rows that are loaded anyway."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.paginator import Paginator

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Person

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM305")
check_hint = partial(tools.check_hint, hint_code="ORM305")


def test_noop_only_asked(alias: str) -> None:
    check_noop(lambda: (Book.objects.using(alias).exists(), Book.objects.using(alias).count()))


def test_noop_page_and_its_count(alias: str) -> None:
    check_noop(lambda: list(Paginator(Book.objects.using(alias).order_by("pk"), 2).page(1)))


def test_noop_other_conditions(alias: str) -> None:
    def code() -> None:
        books = Book.objects.using(alias)
        if books.filter(pages=100).exists():
            list(books.filter(pages__gt=1))

    check_noop(code)


def test_noop_other_values(alias: str) -> None:
    def code() -> None:
        for pages in (1, 2):
            books = Book.objects.using(alias).filter(pages=pages)
            books.exists() if pages == 1 else list(books)

    check_noop(code)


def test_noop_another_queryset_of_the_same_rows(alias: str) -> None:
    def code() -> None:
        Book.objects.using(alias).count()
        list(Book.objects.using(alias))

    check_noop(code)


def test_noop_loaded_first(alias: str) -> None:
    def code() -> None:
        books = Book.objects.using(alias).all()
        list(books)
        books.count()
        books.exists()

    check_noop(code)


def test_noop_written_in_between(alias: str) -> None:
    def code() -> None:
        books = Book.objects.using(alias).filter(pages=7)
        if not books.exists():
            Book.objects.using(alias).update(pages=7)
        list(books)

    check_noop(code)


@pytest.mark.parametrize("ask", [lambda books: books.exists(), lambda books: books.count()])
@pytest.mark.parametrize(
    "narrow",
    [
        lambda books: books.all(),
        lambda books: books.filter(pages__gte=1).order_by("title"),
        lambda books: books.filter(author__name__contains="e"),
    ],
)
def test_same_queryset(alias: str, narrow: Callable[[Any], Any], ask: Callable[[Any], Any]) -> None:
    books = narrow(Book.objects.using(alias))

    hint = check_hint(lambda: ask(books) and list(books), model="testapp.Book", certain=True)

    assert hint.saving.queries == 1
    assert len(hint.queries) == 2
    assert tools.count_queries(lambda: (fresh := books.all()) and list(fresh)) == 1


def test_related_objects_of_one_instance(alias: str) -> None:
    person = Person.objects.using(alias).order_by("pk")[0]

    def code() -> None:
        books = person.books.all()
        if books.exists():
            list(books)

    check_hint(code)
