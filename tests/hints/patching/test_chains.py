"""A fix written into the expression that builds the queryset, and what is left alone."""

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


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            """
            def rows(manager):
                return manager.order_by("pk")

            def run():
                return [book.author.name for book in rows(Book.objects)]
            """,
            id="manager passed around",
        ),
        pytest.param(
            """
            def rows(model):
                return model.objects.order_by("pk")

            def run():
                return [book.author.name for book in rows(Book)]
            """,
            id="model passed around",
        ),
        pytest.param(
            """
            class Rows:
                model = Book

                def rows(self):
                    return self.model.objects.order_by("pk")

            def run():
                return [book.author.name for book in Rows().rows()]
            """,
            id="model of a class",
        ),
        pytest.param(
            """
            from django.db import transaction

            def run():
                with transaction.atomic(using="sqlite"):
                    books = Book.objects.order_by("pk")
                    return [str(book.editor) for book in books.select_for_update()]
            """,
            id="rows are locked",
        ),
    ],
)
def test_noop_uncertain(code, tmp_path):
    check_no_patch(tmp_path, code, "ORM101")


def test_noop_prefetch_and_iterator_without_chunks(tmp_path):
    code = """
    def run():
        books = Book.objects.order_by("pk")
        return [sorted(str(genre) for genre in book.genres.all()) for book in books.iterator()]
    """
    check_no_patch(tmp_path, code, "ORM102")


CASES = {
    "at the end": (
        """
        def run():
            books = Book.objects.order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -    books = Book.objects.order_by("pk")
        +    books = Book.objects.order_by("pk").select_related("author")
        """,
    ),
    "of several levels": (
        """
        def run():
            books = Book.objects.all().order_by("pk")
            return [book.author.country.name for book in books]
        """,
        """
        -    books = Book.objects.all().order_by("pk")
        +    books = Book.objects.all().order_by("pk").select_related("author__country")
        """,
    ),
    "before a slice": (
        """
        def run():
            books = Book.objects.order_by("pk")[:3]
            return [book.author.name for book in books]
        """,
        """
        -    books = Book.objects.order_by("pk")[:3]
        +    books = Book.objects.order_by("pk").select_related("author")[:3]
        """,
    ),
    "before in_bulk()": (
        """
        def run():
            books = Book.objects.in_bulk().values()
            return sorted(book.author.name for book in books)
        """,
        """
        -    books = Book.objects.in_bulk().values()
        +    books = Book.objects.select_related("author").in_bulk().values()
        """,
    ),
    "before iterator()": (
        """
        def run():
            books = list(Book.objects.order_by("pk").iterator())
            return [book.author.name for book in books]
        """,
        """
        -    books = list(Book.objects.order_by("pk").iterator())
        +    books = list(Book.objects.order_by("pk").select_related("author").iterator())
        """,
    ),
    "on lines of their own": (
        """
        def run():
            books = (
                Book.objects
                .filter(pages__gt=1)
                .order_by("pk")
            )
            return [book.author.name for book in books]
        """,
        """
        +        .select_related("author")
        """,
    ),
    "the first on a line of its own": (
        """
        def run():
            books = (
                Book.objects
                .in_bulk()
                .values()
            )
            return sorted(book.author.name for book in books)
        """,
        """
        +        .select_related("author")
        """,
    ),
    "with comments between": (
        """
        def run():
            books = (
                Book.objects.filter(pages__gt=1)
                # the oldest first
                .order_by("pk")
            )
            return [book.author.name for book in books]
        """,
        """
        +        .select_related("author")
        """,
    ),
    "with backslashes": (
        """
        def run():
            books = Book.objects.filter(pages__gt=1) \\
                .order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -        .order_by("pk")
        +        .order_by("pk") \\
        +        .select_related("author")
        """,
    ),
    "arguments over several lines": (
        """
        def run():
            books = Book.objects.filter(
                pages__gt=1,  # short ones are boring
            ).order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -    ).order_by("pk")
        +    ).order_by("pk").select_related("author")
        """,
    ),
    "goes on in another statement": (
        """
        def run():
            books = Book.objects.filter(title="ä€𝄞") or Book.objects.all()
            books = books.order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -    books = Book.objects.filter(title="ä€𝄞") or Book.objects.all()
        +    books = Book.objects.filter(title="ä€𝄞") or Book.objects.all().select_related("author")
        """,
    ),
    "at import": (
        """
        BOOKS = Book.objects.order_by("pk")

        def run():
            return [book.author.name for book in BOOKS.all()]
        """,
        """
        -BOOKS = Book.objects.order_by("pk")
        +BOOKS = Book.objects.order_by("pk").select_related("author")
        """,
    ),
    "related manager": (
        """
        def run():
            publisher = Person.objects.get(pk=Book.objects.order_by("pk")[0].author_id)
            Book.objects.update(author=publisher)
            books = publisher.books.order_by("pk")
            return [book.editor.name for book in books]
        """,
        """
        -    books = publisher.books.order_by("pk")
        +    books = publisher.books.order_by("pk").select_related("editor")
        """,
    ),
    "module's attribute": (
        """
        from tests.testapp import models

        def run():
            books = models.Book.objects.order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -    books = models.Book.objects.order_by("pk")
        +    books = models.Book.objects.order_by("pk").select_related("author")
        """,
    ),
    "imported by another name": (
        """
        from tests.testapp.models import AudioBook as Audio
        from tests.testapp.models import Book as Paper

        def run():
            books = Paper.objects.order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -    books = Paper.objects.order_by("pk")
        +    books = Paper.objects.order_by("pk").select_related("author")
        """,
    ),
    "another database": (
        """
        from django.db import router

        def run():
            alias = router.db_for_read(Book)
            books = Book.objects.db_manager(alias).order_by("pk")
            return [book.author.name for book in books]
        """,
        """
        -    books = Book.objects.db_manager(alias).order_by("pk")
        +    books = Book.objects.db_manager(alias).order_by("pk").select_related("author")
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_select_related(name, tmp_path):
    code, changes = CASES[name]
    check_patch(tmp_path, code, "ORM101", changes)
