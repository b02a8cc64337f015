"""A foreign key that was left out of the query, and the object behind it: one problem."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("narrow", "fix"),
    [
        (lambda books: books.only("title"), 'only("title", "author").select_related("author")'),
        (lambda books: books.defer("author"), 'defer(None).select_related("author")'),
    ],
)
def test_deferred_foreign_key_is_one_problem(alias: str, narrow: Any, fix: str) -> None:
    """select_related() of a deferred foreign key would be an error."""

    def code(books: Any) -> list[str]:
        return [book.author.name for book in books]

    books = narrow(Book.objects.using(alias).order_by("pk"))
    report = tools.report_of(lambda: code(books.all()))
    [hint] = report.hints
    assert (hint.code, hint.lookup, hint.fix) == ("ORM101", "author", fix)
    tools.check_fix(code, books, hint)


def test_other_deferred_column_is_a_problem_of_its_own(alias: str) -> None:
    books = Book.objects.using(alias).defer("pages")
    report = tools.report_of(lambda: [(book.author.name, book.pages) for book in books])
    assert sorted(hint.code for hint in report.hints) == ["ORM101", "ORM106"]
