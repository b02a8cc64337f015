"""ORM303: rows that were loaded only to be counted."""

from __future__ import annotations

from functools import partial

import pytest
from django.template import engines

from tests.hints import tools
from tests.lines import line_with, place_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM303", deep=True)
check_hint = partial(tools.check_hint, hint_code="ORM303", deep=True)


def test_noop_in_an_ordinary_recording(alias: str) -> None:
    tools.check_noop(lambda: len(Book.objects.using(alias)))


def test_noop_count(alias: str) -> None:
    check_noop(lambda: Book.objects.using(alias).count())


def test_noop_rows_are_used(alias: str) -> None:
    def code() -> list[str]:
        books = Book.objects.using(alias).all()
        assert len(books) == 4
        return [book.title for book in books]

    check_noop(code)


def test_noop_rows_are_handed_out(alias: str) -> None:
    def code() -> list[Book]:
        books = Book.objects.using(alias).all()
        return list(books) if len(books) > 1 else []

    check_noop(code)


def test_noop_first_row_is_taken(alias: str) -> None:
    def code() -> Book | None:
        books = Book.objects.using(alias).all()
        return books[0] if len(books) > 1 else None

    check_noop(code)


def test_noop_length_of_a_list(alias: str) -> None:
    check_noop(lambda: len(list(Book.objects.using(alias))))


def test_noop_used_once_by_the_same_line(alias: str) -> None:
    def code() -> None:
        for is_wanted in (False, True):
            books = Book.objects.using(alias).all()
            if len(books) and is_wanted:
                list(books)

    check_noop(code)


def test_noop_same_rows_are_loaded_again(alias: str) -> None:
    """That is a repeated statement."""
    books = Book.objects.using(alias).all()
    check_noop(lambda: (len(books.all()), list(books.all())))


def test_length(alias: str) -> None:
    def code() -> int:
        books = Book.objects.using(alias).filter(pages__gt=1)  # origin
        return len(books)  # site

    hint = check_hint(code, model="testapp.Book", fix="count()", certain=True)
    assert place_of(hint.origin) == line_with(test_length, "# origin")
    assert place_of(hint.site) == line_with(test_length, "# site")
    assert eval(f"books.{hint.fix}", {"books": Book.objects.using(alias)}) == code()


@pytest.mark.parametrize("engine", ["django", "jinja2"])
def test_length_in_a_template(alias: str, engine: str) -> None:
    template = engines[engine].from_string("{{ books|length }}")
    books = Book.objects.using(alias)
    report = tools.report_of(lambda: template.render({"books": books.all()}), deep=True)
    assert [hint.code for hint in report.hints] == ["ORM303"]
