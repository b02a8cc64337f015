"""ORM203: related objects aggregated row by row."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Avg, Count, F, Max, Min, Q, Sum

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre, Person, Review

check_noop = partial(tools.check_noop, hint_code="ORM203")
check_hint = partial(tools.check_hint, hint_code="ORM203")


def fill(alias: str) -> None:
    """Books differ in what they have; one has nothing."""
    ContentType.objects.get_for_model(Book)
    first, second, third, _ = make_library(alias, books=4, reviews_per_book=3).books
    for related in (first.reviews, first.notes):
        related.all().delete()
    first.genres.clear()
    second.reviews.update(rating=5)
    third.reviews.filter(rating=1).delete()


pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(fill)]


def test_noop_one_parent(alias: str) -> None:
    tools.check_noop(
        lambda: Book.objects.using(alias).get(title="Book 1").reviews.aggregate(Avg("rating"))
    )


def test_noop_already_annotated(alias: str) -> None:
    books = Book.objects.using(alias).annotate(average=Avg("reviews__rating"))
    tools.check_noop(lambda: [book.average for book in books])


def test_noop_manager_of_the_model(alias: str) -> None:
    def code() -> list[Any]:
        reviews = Review.objects.using(alias)
        books = list(Book.objects.using(alias))
        return [reviews.filter(book=book).aggregate(Avg("rating")) for book in books]

    check_noop(code)
    tools.check_hint(code, "ORM205")


@pytest.mark.parametrize(
    ("model", "lookup", "aggregate", "value"),
    [
        (Book, "reviews", Avg("rating"), 'rating_avg=Avg("reviews__rating")'),
        (Book, "reviews", Sum("rating"), 'rating_sum=Sum("reviews__rating")'),
        (Book, "reviews", Min("rating"), 'rating_min=Min("reviews__rating")'),
        (Book, "reviews", Max("text"), 'text_max=Max("reviews__text")'),
        (Book, "reviews", Max("user"), 'user_max=Max("reviews__user")'),
        (Book, "reviews", Count("rating"), 'rating_count=Count("reviews__rating")'),
        (
            Book,
            "reviews",
            Sum("rating", distinct=True),
            'rating_sum=Sum("reviews__rating", distinct=True)',
        ),
        (Book, "chapter_set", Max("number"), 'number_max=Max("chapter__number")'),
        (Book, "genres", Max("name"), 'name_max=Max("genres__name")'),
        (Book, "notes", Min("text"), 'text_min=Min("notes__text")'),
        (Genre, "books", Sum("pages"), 'pages_sum=Sum("books__pages")'),
        (Person, "books", Max("published"), 'published_max=Max("books__published")'),
    ],
)
def test_one_aggregate_of_one_column(
    alias: str, model: Any, lookup: str, aggregate: Any, value: str
) -> None:
    def ask(row: Any) -> Any:
        return getattr(row, lookup).aggregate(answer=aggregate)["answer"]

    def code() -> list[Any]:
        return [ask(row) for row in model.objects.using(alias)]

    hint = check_hint(code, model=model._meta.label, fix=f"annotate({value})", certain=True)
    assert [other.code for other in tools.report_of(code).hints] == ["ORM203"]
    if lookup != "notes" or alias == "default":  # elsewhere Django joins with types of "default"
        tools.check_annotation(ask, model.objects.using(alias).order_by("pk"), hint)


@pytest.mark.parametrize("aggregate", [Sum("rating"), Avg("rating"), Count("rating")])
@pytest.mark.parametrize(
    "build",
    [
        lambda books: books.filter(reviews__rating=2),
        lambda books: books.filter(genres__isnull=False).distinct(),
        lambda books: books.annotate(genres_made=Count("genres")),
    ],
    ids=["the relation itself", "another relation", "an aggregate"],
)
def test_queryset_that_joins_or_groups_already(alias: str, aggregate: Any, build: Any) -> None:
    def ask(book: Any) -> Any:
        return book.reviews.aggregate(answer=aggregate)["answer"]

    hint = check_hint(lambda: [ask(book) for book in build(Book.objects.using(alias))])
    assert "Subquery(Review.objects.filter(book=OuterRef" in hint.fix
    tools.check_annotation(ask, build(Book.objects.using(alias)).order_by("pk"), hint)


def test_sums_over_two_relations_do_not_multiply_each_other(alias: str) -> None:
    def ask(book: Any) -> tuple[Any, Any, int]:
        return (
            book.reviews.aggregate(answer=Sum("rating"))["answer"],
            book.chapter_set.aggregate(answer=Sum("number"))["answer"],
            book.genres.count(),
        )

    report = tools.report_of(lambda: [ask(book) for book in Book.objects.using(alias)])
    assert sorted(hint.code for hint in report.hints) == ["ORM201", "ORM203", "ORM203"]
    books: Any = Book.objects.using(alias).order_by("pk")
    for hint in report.hints:
        books = eval(f"books.{hint.fix}", {**tools.NAMES, "books": books})
    assert [(b.review_rating_sum, b.chapter_number_sum, b.genre_count) for b in books] == [
        ask(book) for book in books
    ]


@pytest.mark.parametrize("build", [lambda books: books, lambda books: books.distinct()])
def test_several_aggregates_at_once(alias: str, build: Any) -> None:
    def ask(book: Any) -> list[Any]:
        found = book.reviews.aggregate(Avg("rating"), last=Max("text"), count=Count("user"))
        return [found["rating__avg"], found["last"], found["count"]]

    books = build(Book.objects.using(alias))
    hint = check_hint(
        lambda: [ask(book) for book in books],
        fix='annotate(text_max=Max("reviews__text"), user_count=Count("reviews__user"), '
        'rating_avg=Avg("reviews__rating"))',
        certain=True,
    )
    assert "book.text_max and book.user_count and book.rating_avg instead" in hint.message
    annotated = eval(f"books.{hint.fix}", {**tools.NAMES, "books": books.all()})
    assert [[b.rating_avg, b.text_max, b.user_count] for b in annotated.order_by("pk")] == [
        ask(book) for book in books.order_by("pk")
    ]


@pytest.mark.parametrize(
    "aggregate",
    [
        lambda reviews: reviews.aggregate(Avg("rating"), last=Max("user__name")),
        lambda reviews: reviews.aggregate(total=Sum("rating", default=0)),
        lambda reviews: reviews.aggregate(total=Sum("rating", filter=Q(rating__gt=1))),
        lambda reviews: reviews.aggregate(total=Sum(F("rating") * 2)),
        lambda reviews: reviews.aggregate(last=Max("user__name")),
        lambda reviews: reviews.aggregate(total=Count("*")),
        lambda reviews: reviews.filter(rating=1).aggregate(Avg("rating")),
    ],
)
def test_everything_else_has_no_fix(alias: str, aggregate: Any) -> None:
    def code() -> list[Any]:
        return [aggregate(book.reviews) for book in Book.objects.using(alias)]

    hint = check_hint(code, fix="", certain=False, lookup="reviews")
    assert 'the same aggregate over "reviews__..."' in hint.message
    assert [other.code for other in tools.report_of(code).hints] == ["ORM203"]


def test_over_another_relation(alias: str) -> None:
    hint = check_hint(
        lambda: [
            book.author.books.aggregate(Max("pages"))
            for book in Book.objects.using(alias).select_related("author")
        ],
        fix="",
        certain=False,
        lookup="author__books",
    )
    assert "Annotate the testapp.Person objects" in hint.message
