"""ORM106: deferred columns that are read after all."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM106")
check_hint = partial(tools.check_hint, hint_code="ORM106")


def bodies(books: Any) -> list[str]:
    return [book.body for book in books]


def test_noop_loaded(alias: str) -> None:
    check_noop(lambda: bodies(Book.objects.using(alias).only("body")))


def test_noop_one_object(alias: str) -> None:
    check_noop(lambda: Book.objects.using(alias).only("title").get(title="Book 1").body)


@pytest.mark.parametrize(
    ("queryset", "fix"),
    [
        (lambda books: books.only("title"), 'only("title", "body")'),
        (lambda books: books.only("title", "pages"), 'only("pages", "title", "body")'),
        (lambda books: books.defer("body"), "defer(None)"),
        (lambda books: books.defer("body", "pages"), 'defer(None).defer("pages")'),
    ],
)
def test_only_and_defer(alias: str, queryset: Any, fix: str) -> None:
    books = queryset(Book.objects.using(alias).order_by("pk"))
    hint = check_hint(
        lambda: bodies(books.all()), model="testapp.Book", lookup="body", fix=fix, certain=True
    )
    assert hint.saving.queries == 4
    tools.check_fix(bodies, books, hint)


def test_deferred_foreign_key_column(alias: str) -> None:
    check_hint(
        lambda: [b.author_id for b in Book.objects.using(alias).only("title")],
        lookup="author",
        fix='only("title", "author")',
    )
