"""A fix whose method the queryset has called already: its arguments are extended."""

from __future__ import annotations

import pytest

from tests.hints.patching.tools import check_no_patch, check_patch, needs_git
from tests.seeding import seeded_by
from tests.testapp.factories import make_library

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
    pytest.mark.usefixtures("library"),
    needs_git,
]


def test_noop_taken_back(tmp_path):
    code = """
    def run():
        books = Book.objects.select_related("author").select_related(None).order_by("pk")
        return [book.author.name for book in books]
    """
    check_no_patch(tmp_path, code, "ORM101")


def test_noop_argument_in_parentheses(tmp_path):
    code = """
    def run():
        books = Book.objects.select_related(("publisher")).order_by("pk")  # fmt: skip
        return [book.author.name for book in books]
    """
    check_no_patch(tmp_path, code, "ORM101")


CASES = {
    "extends select_related()": (
        """
        def run():
            books = Book.objects.select_related("publisher").order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -    books = Book.objects.select_related("publisher").order_by("pk")
        +    books = Book.objects.select_related("publisher", "author").order_by("pk")
        """,
    ),
    "goes further than select_related() did": (
        """
        def run():
            books = Book.objects.select_related("publisher", "author").order_by("pk")
            return [book.author.country.name for book in books]
        """,
        """
        -    books = Book.objects.select_related("publisher", "author").order_by("pk")
        +    books = Book.objects.select_related("publisher", "author__country").order_by("pk")
        """,
    ),
    "extends select_related() over several lines": (
        """
        def run():
            books = Book.objects.select_related(
                "publisher",
                "editor",  # may be none
            ).order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -        "editor",  # may be none
        +        "editor",
        +        "author",  # may be none
        """,
    ),
    "a set below it": (
        """
        def run():
            genres = Genre.objects.prefetch_related("books").order_by("pk")
            return [[b.author.name for b in g.books.all()] for g in genres]
        """,
        """
        -    genres = Genre.objects.prefetch_related("books").order_by("pk")
        +    genres = Genre.objects.prefetch_related("books__author").order_by("pk")
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_select_related(name, tmp_path):
    code, changes = CASES[name]
    check_patch(tmp_path, code, "ORM101", changes)
