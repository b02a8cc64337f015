"""Fixes that give the rows a new attribute, and the line that reads it in place of asking."""

from __future__ import annotations

import pytest

from tests.hints.patching.tools import HEADER, check_patch, needs_git
from tests.seeding import seeded_by
from tests.testapp.factories import make_library

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
    pytest.mark.usefixtures("library"),
    needs_git,
]

COUNT = "from django.db.models import Count\n"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            """
            def count(book):
                return book.reviews.count()

            def run():
                return [count(book) for book in Book.objects.all()]
            """,
            id="a function for any book",
        ),
        pytest.param(
            """
            def run():
                books = Book.objects.all()
                books = [*books]
                return [book.reviews.count() for book in books]
            """,
            id="a variable that holds something else as well",
        ),
        pytest.param(
            """
            def run(books=()):
                books = books or Book.objects.all()
                return [book.reviews.count() for book in books]
            """,
            id="an argument",
        ),
    ],
)
def test_noop_line_that_others_may_share(code, tmp_path):
    """Only the queryset is changed."""
    check_patch(
        tmp_path,
        code,
        "ORM201",
        "".join(
            f"{sign}{line}\n"
            for line in code.splitlines()
            if "Book.objects.all()" in line
            for sign, line in (
                ("-", line[12:]),
                (
                    "+",
                    line[12:].replace(
                        "all()", 'all().annotate(review_count=Count("reviews", distinct=True))'
                    ),
                ),
            )
        ),
        header=COUNT + HEADER,
        is_whole=False,
    )


def test_count_in_a_comprehension(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            books = Book.objects.all()
            return [book.reviews.count() for book in books]
        """,
        "ORM201",
        """
        -    books = Book.objects.all()
        -    return [book.reviews.count() for book in books]
        +    books = Book.objects.all().annotate(review_count=Count("reviews", distinct=True))
        +    return [book.review_count for book in books]
        """,
        header=COUNT + HEADER,
    )


def test_exists_in_a_loop_over_a_slice(tmp_path):
    fix = 'has_chapter=Exists(Chapter.objects.filter(book=OuterRef("pk")))'
    check_patch(
        tmp_path,
        """
        def run():
            found = []
            for book in Book.objects.order_by("pk")[:3]:
                found.append(book.chapter_set.exists())
            return found
        """,
        "ORM202",
        f"""
        +from django.db.models import Exists, OuterRef
        +
        -    for book in Book.objects.order_by("pk")[:3]:
        -        found.append(book.chapter_set.exists())
        +    for book in Book.objects.order_by("pk").annotate({fix})[:3]:
        +        found.append(book.has_chapter)
        """,
    )


def test_aggregate_that_is_read_at_once(tmp_path):
    check_patch(
        tmp_path,
        """
        def run():
            books = Book.objects.order_by("pk")
            return [book.reviews.aggregate(Avg("rating"))["rating__avg"] for book in books]
        """,
        "ORM203",
        """
        -    books = Book.objects.order_by("pk")
        -    return [book.reviews.aggregate(Avg("rating"))["rating__avg"] for book in books]
        +    books = Book.objects.order_by("pk").annotate(rating_avg=Avg("reviews__rating"))
        +    return [book.rating_avg for book in books]
        """,
        header=f"from django.db.models import Avg\n{HEADER}",
    )


def test_some_of_the_objects(tmp_path):
    fix = (
        'Prefetch("reviews", queryset=Review.objects.filter(rating=1), to_attr="matching_reviews")'
    )
    check_patch(
        tmp_path,
        """
        def run():
            found = []
            for book in Book.objects.order_by("pk"):
                for review in book.reviews.filter(rating=1):
                    found.append(review.text)
            return found
        """,
        "ORM103",
        f"""
        +from django.db.models import Prefetch
        +
        -    for book in Book.objects.order_by("pk"):
        -        for review in book.reviews.filter(rating=1):
        +    for book in Book.objects.order_by("pk").prefetch_related({fix}):
        +        for review in book.matching_reviews:
        """,
    )


IMPORTS = {
    "none from Django's models": (
        '"""About."""\n\nfrom django.conf import settings\nfrom django.shortcuts import render\n\n',
        "+from django.db.models import Count\n",
    ),
    "nothing at all": ('"""About."""\n', "+from django.db.models import Count\n+\n"),
    "others of Django's models": (
        "from django.db.models import Avg, Sum\n",
        "-from django.db.models import Avg, Sum\n+from django.db.models import Avg, Count, Sum\n",
    ),
    "a later one": (
        "from django.db.models import Sum\n",
        "-from django.db.models import Sum\n+from django.db.models import Count, Sum\n",
    ),
    "one a line": ("from django.db.models import (\n    Avg,\n    Sum,\n)\n", "+    Count,\n"),
    "one a line, a later one": ("from django.db.models import (\n    Sum,\n)\n", "+    Count,\n"),
    "it is there": (COUNT, ""),
    "by way of its module": (
        "from django.db.models.aggregates import Count\n",
        "",
    ),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_import(name, tmp_path):
    header, changes = IMPORTS[name]
    before = "    return [book.reviews.count() for book in Book.objects.order_by('pk')]"
    annotated = 'annotate(review_count=Count("reviews", distinct=True))'
    after = f"    return [book.review_count for book in Book.objects.order_by('pk').{annotated}]"
    check_patch(
        tmp_path,
        f"\ndef run():\n{before}\n",
        "ORM201",
        f"{changes}-{before}\n+{after}\n",
        header=header + HEADER,
    )


def test_model_beside_another(tmp_path):
    fix = 'has_reviews=Exists(Review.objects.filter(book=OuterRef("pk")))'
    check_patch(
        tmp_path,
        """
        def run():
            return [book.reviews.exists() for book in Book.objects.order_by("pk")]
        """,
        "ORM202",
        f"""
        -from tests.testapp.models import Book
        +from django.db.models import Exists, OuterRef
        +
        +from tests.testapp.models import Book, Review
        -    return [book.reviews.exists() for book in Book.objects.order_by("pk")]
        +    return [book.has_reviews for book in Book.objects.order_by("pk").annotate({fix})]
        """,
        header="from tests.testapp.models import Book\n",
    )
