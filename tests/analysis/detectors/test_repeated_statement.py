"""ORM205: whatever else is repeated by one line."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connections

from tests.analysis.detectors import tools
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre

pytestmark = pytest.mark.django_db(databases="__all__")
check_noop = partial(tools.check_noop, hint_code="ORM205")
check_hint = partial(tools.check_hint, hint_code="ORM205")


@pytest.fixture(autouse=True)
def library(alias: str) -> None:
    make_library(alias, books=4)


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
