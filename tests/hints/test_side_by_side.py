"""Relations that one aggregation joins side by side, and what is no such thing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections, models
from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from orm_insight.hints.statements import find_side_by_side
from orm_insight.model.plan import Evidence
from orm_insight.project.schema import read_schema
from orm_insight.reports.report import analyze
from tests.builders import make_query, make_site, make_trace
from tests.explain.shapes import parse, scan
from tests.hints.tools import report_of
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Chapter, Person, Publisher, Review

pytestmark = pytest.mark.django_db(databases="__all__")


def found_in(queryset: Any) -> Any:
    """The finding in the statement that the ORM writes for it."""
    query = report_of(lambda: list(queryset)).queries[-1]
    return find_side_by_side(query.sql, read_schema())


def names_in(queryset: Any) -> tuple[str, ...] | None:
    found = found_in(queryset)
    return None if found is None else found.names


@pytest.mark.parametrize(
    "build",
    [
        lambda books: books.annotate(n=Count("reviews")),
        lambda books: books.annotate(n=Count("reviews__user__pupils")),  # a chain
        lambda books: books.annotate(n=Count("reviews"), m=Count("author__country")),  # to one
        lambda books: books.filter(reviews__rating=1, chapter__number=1),  # no aggregate
        lambda books: books.annotate(
            n=Count("reviews", distinct=True), m=Count("chapter", distinct=True)
        ).filter(reviews__pk=1),
        lambda books: books.annotate(
            n=Coalesce(
                Subquery(
                    Review.objects.filter(book=OuterRef("pk"))
                    .values("book")
                    .annotate(n=Count("pk"))
                    .values("n")
                ),
                0,
            ),
            m=Count("chapter"),
        ),
    ],
)
def test_noop(alias: str, build: Any) -> None:
    assert names_in(build(Book.objects.using(alias))) is None


def test_noop_one_to_one(alias: str) -> None:
    people = Person.objects.using(alias)
    assert names_in(people.annotate(n=Count("profile"), m=Count("books"))) is None


def test_noop_unknown_table() -> None:
    sql = (
        'SELECT COUNT("b"."id") FROM "a" INNER JOIN "b" ON ("a"."id" = "b"."a_id") '
        'INNER JOIN "c" ON ("a"."id" = "c"."a_id")'
    )
    assert find_side_by_side(sql, read_schema()) is None


@pytest.mark.parametrize(
    ("queryset", "names"),
    [
        (
            lambda: Book.objects.annotate(n=Count("reviews"), m=Count("chapter")),
            ("reviews", "chapter"),
        ),
        (
            lambda: Book.objects.annotate(
                n=Count("reviews", distinct=True), m=Sum("chapter__number"), g=Count("genres")
            ),
            ("reviews", "chapter", "genres"),
        ),
        (
            lambda: Person.objects.annotate(
                a=Count("books", distinct=True),
                b=Count("books__reviews", distinct=True),
                c=Count("reviews", distinct=True),
            ),
            ("books", "reviews"),
        ),
        (
            lambda: Publisher.objects.annotate(
                n=Count("books__reviews"), m=Count("books__chapter")
            ),
            ("reviews", "chapter"),
        ),
    ],
)
def test_side_by_side(alias: str, queryset: Any, names: tuple[str, ...]) -> None:
    found = found_in(queryset().using(alias))
    assert found is not None and found.names == names
    assert f"{names[0]}" in found.cause and "rows multiply" in found.cause


def test_rows_multiply_and_a_subquery_for_each_does_not(alias: str) -> None:
    """The claim of the sentence and the promise of the advice, counted by the database."""
    make_library(alias, books=3)
    book = Book.objects.using(alias).order_by("pk")[0]
    book.reviews.all().delete()
    book.chapter_set.all().delete()
    for number in range(4):
        book.reviews.create(user=book.author, text="x")
        book.chapter_set.create(number=number, heading="x")
    of_book = Book.objects.using(alias).filter(pk=book.pk)
    multiplied = of_book.annotate(n=Count("reviews"), m=Count("chapter")).get()
    assert (multiplied.n, multiplied.m) == (16, 16)

    def number_of(objects: models.QuerySet[Any]) -> Any:
        counted = objects.order_by().values("book").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(counted), 0)

    apart = of_book.annotate(
        n=number_of(Review.objects.filter(book=OuterRef("pk"))),
        m=number_of(Chapter.objects.filter(book=OuterRef("pk"))),
    ).get()
    assert (apart.n, apart.m) == (4, 4)
    assert connections[alias].vendor in ("postgresql", "sqlite")


def slow_sql() -> str:
    return (
        report_of(lambda: list(Book.objects.annotate(n=Count("reviews"), m=Count("chapter"))))
        .queries[0]
        .sql
    )


def test_slow_statement_names_the_cause() -> None:
    trace = make_trace(make_query(slow_sql(), duration_ms=900.0, site=make_site()))
    [hint] = analyze(trace, read_schema()).hints
    assert (hint.code, hint.lookup) == ("ORM601", "reviews, chapter")
    assert "It joins reviews and chapter in one query" in hint.message
    assert "Its plan tells why" not in hint.message


def test_cause_stands_before_what_the_plan_says() -> None:
    """Sorting on disk is what so many rows lead to, and no work_mem helps."""
    trace = make_trace(make_query(slow_sql(), duration_ms=100.0, site=make_site()))
    sort = scan(900.0, "Sort", Sort_Space_Type="Disk", Sort_Space_Used=90_000, Sort_Method="x")
    evidence = {0: Evidence(plan=parse(sort))}
    codes = [hint.code for hint in analyze(trace, read_schema(), evidence=evidence).hints]
    assert codes == ["ORM601", "ORM604"]
