"""Fixes with arguments and imports of their own, and those that change columns."""

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


def test_noop_only_of_another_function(tmp_path):
    code = """
    def narrow(books):
        return books.only("title")

    def run():
        return [book.pages for book in narrow(Book.objects.order_by("pk"))]
    """
    check_no_patch(tmp_path, code, "ORM106")


def test_noop_another_thing_of_the_same_name(tmp_path):
    code = """
    class Count:
        pass

    def run():
        return [book.reviews.count() for book in Book.objects.order_by("pk")]
    """
    check_no_patch(tmp_path, code, "ORM201")


def test_noop_another_class_with_the_name_of_the_model(tmp_path):
    code = """
    from collections import Counter as Review

    def run():
        return [book.reviews.exists() for book in Book.objects.order_by("pk")]
    """
    header = "from tests.testapp.models import Book\n"
    check_no_patch(tmp_path, code, "ORM202", header=header)


def test_noop_model_that_is_not_imported(tmp_path):
    code = """
    import tests.testapp.models as library

    def run():
        return [book.reviews.exists() for book in library.Book.objects.order_by("pk")]
    """
    check_no_patch(tmp_path, code, "ORM202", header="")


def test_prefetch(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            books = Book.objects.order_by("pk")
            return [sorted(str(genre) for genre in book.genres.all()) for book in books]
        """,
        "ORM102",
        """
        -    books = Book.objects.order_by("pk")
        +    books = Book.objects.order_by("pk").prefetch_related("genres")
        """,
    )


def test_prefetch_beside_another(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            books = Book.objects.prefetch_related(
                "genres",
                "chapter_set",
            ).order_by("pk")
            return [[review.text for review in book.reviews.all()] for book in books]
        """,
        "ORM102",
        """
        +        "reviews",
        """,
    )


def test_only(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            books = Book.objects.only("title").order_by("pk")
            return [(book.title, book.pages) for book in books]
        """,
        "ORM106",
        """
        -    books = Book.objects.only("title").order_by("pk")
        +    books = Book.objects.only("title", "pages").order_by("pk")
        """,
    )


def test_key_that_only_left_out(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            books = Book.objects.only("title").order_by("pk")
            return [(book.title, book.author.name) for book in books]
        """,
        "ORM101",
        """
        -    books = Book.objects.only("title").order_by("pk")
        +    books = Book.objects.only("title", "author").order_by("pk").select_related("author")
        """,
    )


def test_one_of_the_deferred(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            books = Book.objects.defer("body", "pages").order_by("pk")
            return [(book.title, book.pages) for book in books]
        """,
        "ORM106",
        """
        -    books = Book.objects.defer("body", "pages").order_by("pk")
        +    books = Book.objects.defer("body").order_by("pk")
        """,
    )


def test_the_only_deferred(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            books = Book.objects.order_by("pk").defer("pages")
            return [(book.title, book.pages) for book in books]
        """,
        "ORM106",
        """
        -    books = Book.objects.order_by("pk").defer("pages")
        +    books = Book.objects.order_by("pk")
        """,
    )


def test_nothing_but_deferred(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            return sorted((book.title, book.pages) for book in Book.objects.defer("pages"))
        """,
        "ORM106",
        """
        -    return sorted((book.title, book.pages) for book in Book.objects.defer("pages"))
        +    return sorted((book.title, book.pages) for book in Book.objects.all())
        """,
    )


def test_shortcut(tmp_path):
    check_patch(
        tmp_path,
        """
        from django.shortcuts import get_list_or_404

        def run():
            books = get_list_or_404(Book, pages__gt=1)
            return sorted(book.author.name for book in books)
        """,
        "ORM101",
        """
        -    books = get_list_or_404(Book, pages__gt=1)
        +    books = get_list_or_404(Book.objects.select_related("author"), pages__gt=1)
        """,
    )
