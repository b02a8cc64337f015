"""Code with the same conditions as the questions of rows about some of their related objects."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Avg, Count, Max, Q, Sum

from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre, Review


def fill(alias: str) -> None:
    """Reviews have the ratings 1 to 3; one book has none. Values are not withheld."""
    first, second, *_ = make_library(alias, books=4, reviews_per_book=3).books
    first.reviews.all().delete()
    second.reviews.filter(rating=1).update(rating=3)


pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(fill)]


@pytest.fixture(autouse=True)
def kept_values(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}


def only_hint(code: Any) -> Any:
    [hint] = tools.report_of(code).hints
    return hint


def has_no_fix(ask: Any, alias: str, code: str) -> None:
    hint = only_hint(lambda: [ask(book) for book in Book.objects.using(alias)])
    assert (hint.code, hint.fix, hint.certain) == (code, "", False)


# -- no code ---------------------------------------------------------------------------------------


def test_noop_conditions_that_vary_by_row(alias: str) -> None:
    has_no_fix(lambda book: book.reviews.filter(rating=book.pages - 99).count(), alias, "ORM201")
    has_no_fix(lambda book: book.reviews.filter(rating=book.pages - 99).exists(), alias, "ORM202")


def test_noop_withheld_values(alias: str, settings: Any) -> None:
    settings.ORM_INSIGHT = {"REDACT_PARAMS": True}
    has_no_fix(lambda book: book.reviews.filter(rating=2).count(), alias, "ORM201")


@pytest.mark.parametrize(
    "narrow",
    [
        lambda reviews: reviews.exclude(rating=2),
        lambda reviews: reviews.filter(Q(rating=1) | Q(rating=2)),
        lambda reviews: reviews.filter(rating=1).filter(rating=2),
        lambda reviews: reviews.filter(book__genres__name="Genre 1"),
        lambda reviews: reviews.filter(user__in=reviews.values("user")),
    ],
    ids=["exclude", "or", "twice", "a set", "subquery"],
)
def test_noop_unreadable_conditions(alias: str, narrow: Any) -> None:
    has_no_fix(lambda book: narrow(book.reviews).exists(), alias, "ORM202")


@pytest.mark.parametrize(
    "ask",
    [
        lambda reviews: reviews.filter(rating=2).distinct().count(),
        lambda reviews: reviews.all()[:2].count(),
        lambda reviews: reviews.filter(rating=2)[:2].count(),
        lambda reviews: reviews.filter(rating=2).distinct().aggregate(Sum("rating")),
    ],
    ids=["distinct", "slice", "narrowed slice", "distinct aggregate"],
)
def test_noop_counted_over_a_subquery(alias: str, ask: Any) -> None:
    """The repetition is told."""
    has_no_fix(lambda book: ask(book.reviews), alias, "ORM205")


# -- code ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("narrow", "fix"),
    [
        (
            lambda reviews: reviews.filter(rating=3),
            'rating_3_review_count=Count("reviews", filter=Q(reviews__rating=3), distinct=True)',
        ),
        (
            lambda reviews: reviews.filter(rating__gte=2, text="Review 1"),
            'matching_review_count=Count("reviews", filter=Q(reviews__rating__gte=2, '
            'reviews__text="Review 1"), distinct=True)',
        ),
        (
            lambda reviews: reviews.filter(rating__in=[1, 3]).order_by("text"),
            "rating_in_1_3_review_count="
            'Count("reviews", filter=Q(reviews__rating__in=[1, 3]), distinct=True)',
        ),
        (
            lambda reviews: reviews.filter(rating__range=(2, 3)),
            "matching_review_count="
            'Count("reviews", filter=Q(reviews__rating__range=[2, 3]), distinct=True)',
        ),
        (
            lambda reviews: reviews.filter(user__name__startswith="Person"),
            "matching_review_count="
            'Count("reviews", filter=Q(reviews__user__name__startswith="Person"), distinct=True)',
        ),
        (
            lambda reviews: reviews.filter(user__mentor__isnull=True),
            "matching_review_count="
            'Count("reviews", filter=Q(reviews__user__mentor__isnull=True), distinct=True)',
        ),
    ],
)
def test_count(alias: str, narrow: Any, fix: str) -> None:
    def ask(book: Any) -> int:
        return narrow(book.reviews).count()

    hint = only_hint(lambda: [ask(book) for book in Book.objects.using(alias)])
    assert (hint.code, hint.lookup) == ("ORM201", "reviews")
    # Where the values stand in another line, these are no code to be pasted unseen.
    assert hint.certain is ("those of this trace" not in hint.message)
    if "range" in fix or "isnull" in fix:
        fix = fix.partition("=")[2]
    assert fix in hint.fix
    tools.check_annotation(ask, Book.objects.using(alias).order_by("pk"), hint)


def test_count_names_the_conditions(alias: str) -> None:
    hint = only_hint(
        lambda: [book.reviews.filter(rating=3).count() for book in Book.objects.using(alias)]
    )
    assert "book.reviews.filter(rating=3).count() runs once per row" in hint.message


@pytest.mark.parametrize(
    "build",
    [
        lambda books: books.filter(reviews__rating=2),
        lambda books: books.annotate(chapters_made=Count("chapter")),
    ],
    ids=["the relation itself", "an aggregate"],
)
def test_count_for_a_queryset_that_joins_or_groups_already(alias: str, build: Any) -> None:
    def ask(book: Any) -> int:
        return book.reviews.filter(rating=3).count()

    hint = only_hint(lambda: [ask(book) for book in build(Book.objects.using(alias))])
    assert 'Review.objects.filter(book=OuterRef("pk"), rating=3)' in hint.fix
    tools.check_annotation(ask, build(Book.objects.using(alias)).order_by("pk"), hint)


@pytest.mark.parametrize(
    ("model", "ask"),
    [
        (Book, lambda book: book.genres.filter(name="Genre 1").count()),
        (Genre, lambda genre: genre.books.filter(pages__gt=100).count()),
        (Genre, lambda genre: genre.books.filter(author__name="Person 1").count()),
        (Book, lambda book: book.genres.filter(name="Genre 1").exists()),
        (Genre, lambda genre: genre.books.filter(pages__gt=102).exists()),
        (Book, lambda book: book.genres.filter(name__contains="1").aggregate(m=Max("name"))["m"]),
    ],
)
def test_many_to_many(alias: str, model: Any, ask: Any) -> None:
    hint = only_hint(lambda: [ask(row) for row in model.objects.using(alias)])
    assert hint.certain
    tools.check_annotation(ask, model.objects.using(alias).order_by("pk"), hint)


def test_exists(alias: str) -> None:
    def ask(book: Any) -> bool:
        return book.reviews.filter(rating=1).exists()

    hint = only_hint(lambda: [ask(book) for book in Book.objects.using(alias)])
    assert hint.fix == (
        "annotate(has_rating_1_reviews="
        'Exists(Review.objects.filter(book=OuterRef("pk"), rating=1)))'
    )
    tools.check_annotation(ask, Book.objects.using(alias).order_by("pk"), hint)


@pytest.mark.parametrize("aggregate", [Avg("rating"), Sum("rating"), Max("text"), Count("user")])
@pytest.mark.parametrize(
    "build",
    [lambda books: books, lambda books: books.filter(genres__name="Genre 1")],
    ids=["plain", "joined"],
)
def test_aggregate(alias: str, aggregate: Any, build: Any) -> None:
    def ask(book: Any) -> Any:
        return book.reviews.filter(rating__gte=2).aggregate(answer=aggregate)["answer"]

    hint = only_hint(lambda: [ask(book) for book in build(Book.objects.using(alias))])
    assert hint.code == "ORM203"
    assert "rating__gte=2)" in hint.fix
    tools.check_annotation(ask, build(Book.objects.using(alias)).order_by("pk"), hint)


def test_two_lines_with_other_values_are_two_hints(alias: str) -> None:
    def code() -> None:
        for book in Book.objects.using(alias):
            book.reviews.filter(rating=1).count()
            book.reviews.filter(rating=3).count()

    hints = tools.report_of(code).hints
    assert len({hint.site for hint in hints}) == 2
    books: Any = Book.objects.using(alias).order_by("pk")
    for hint in hints:
        books = eval(f"books.{hint.fix}", {**tools.NAMES, "books": books})
    assert [(b.rating_1_review_count, b.rating_3_review_count) for b in books] == [
        (b.reviews.filter(rating=1).count(), b.reviews.filter(rating=3).count()) for b in books
    ]


def test_two_lines_with_the_same_values_are_one_hint(alias: str) -> None:
    def code() -> None:
        for book in Book.objects.using(alias):
            book.reviews.filter(rating=1).count()
            book.reviews.filter(rating=1).count()

    hint = only_hint(code)
    assert len(hint.sites) == 2


# -- asked, and then loaded ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask",
    [
        lambda reviews: reviews.exists() and list(reviews),
        lambda reviews: list(reviews) if reviews.count() else [],
        lambda reviews: reviews.exists() and list(reviews.order_by("text")),
    ],
    ids=["exists", "count", "ordered"],
)
@pytest.mark.parametrize("value", ["the same", "by row"])
def test_question_about_what_is_loaded_anyway(alias: str, ask: Any, value: str) -> None:
    def of(book: Any) -> Any:
        return book.reviews.filter(rating__gte=2 if value == "the same" else book.pages - 100)

    report = tools.report_of(lambda: [ask(of(book)) for book in Book.objects.using(alias)])
    [hint] = report.hints
    assert hint.code == "ORM103"
    assert len(hint.queries) == len(report.queries) - 1
    assert bool(hint.fix) is (value == "the same")


def test_question_about_other_objects_stays_one_of_its_own(alias: str) -> None:
    def code() -> None:
        for book in Book.objects.using(alias):
            book.reviews.filter(rating=1).exists()
            list(book.reviews.filter(rating=3))

    assert sorted(hint.code for hint in tools.report_of(code).hints) == ["ORM103", "ORM202"]


def test_prefetched_reviews_answer_the_question(alias: str) -> None:
    """The fix of ORM103 serves both."""

    def code() -> None:
        for book in Book.objects.using(alias):
            if book.reviews.filter(rating=3).exists():
                list(book.reviews.filter(rating=3))

    hint = only_hint(code)
    books = eval(f"books.{hint.fix}", {**tools.NAMES, "books": Book.objects.using(alias)})
    found: list[Any] = []
    assert tools.count_queries(lambda: found.extend(b.matching_reviews for b in books)) == 2
    assert sum(map(len, found)) == Review.objects.using(alias).filter(rating=3).count()
