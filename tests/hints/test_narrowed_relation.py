"""ORM103: related managers asked one by one for what a prefetch does not serve."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Prefetch, Q

from orm_insight.model.hint import Hint
from tests.hints import tools
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre, Person, Review

check_noop = partial(tools.check_noop, hint_code="ORM103")
check_hint = partial(tools.check_hint, hint_code="ORM103")
NAMES = {"Prefetch": Prefetch, "Review": Review, "Genre": Genre, "Person": Person, "Book": Book}


def fill(alias: str) -> None:
    make_library(alias, books=4)
    for number, book in enumerate(Book.objects.using(alias).order_by("pk")):
        book.reviews.update(rating=5)
        book.reviews.create(user=book.author, text=f"more of {number}", rating=1)


pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(fill)]


@pytest.fixture(autouse=True)
def kept_values(settings: Any) -> None:
    settings.ORM_INSIGHT = {
        **settings.ORM_INSIGHT,
        "REDACT_PARAMS": False,
    }  # as on a developer's machine


def test_noop_plain_relation(alias: str) -> None:
    check_noop(lambda: [list(book.reviews.all()) for book in Book.objects.using(alias)])


def test_noop_one_parent(alias: str) -> None:
    book = Book.objects.using(alias).all()[0]
    check_noop(lambda: [list(book.reviews.filter(rating=n)) for n in range(3)])


def test_noop_prefetch_with_conditions(alias: str) -> None:
    good = Prefetch("reviews", Review.objects.filter(rating=5), to_attr="good_reviews")
    books = Book.objects.using(alias).prefetch_related(good)
    check_noop(lambda: [book.good_reviews for book in books])


def test_noop_manager_with_conditions_of_its_own_in_a_helper(alias: str) -> None:
    books = list(Book.objects.using(alias))

    def find(book: Any, rating: int) -> Any:
        return book.reviews.filter(rating=rating).first()

    check_noop(lambda: find(books[0], 1))
    check_noop(lambda: (find(books[0], 1), find(books[0], 5)))


def check_fix(ask: Callable[[Any], Any], hint: Hint, alias: str) -> None:
    """The fix at the origin, and its attribute instead of the call: equal, with fewer queries."""
    plain = Book.objects.using(alias).order_by("pk")
    fixed = eval(f"plain.{hint.fix}", NAMES, {"plain": plain})
    [attribute] = hint.change.attributes

    def read() -> list[list[int]]:
        return [[found.pk for found in getattr(book, attribute)] for book in fixed]

    before = tools.count_queries(lambda: [list(ask(book)) for book in plain.all()])
    assert before - tools.count_queries(read) == hint.saving.queries
    same = list if "order_by" in hint.fix else sorted
    assert [same(keys) for keys in read()] == [same(f.pk for f in ask(b)) for b in plain]


@pytest.mark.parametrize(
    ("ask", "queryset", "attribute"),
    [
        (
            lambda book: book.reviews.filter(rating=5),
            "Review.objects.filter(rating=5)",
            "matching_reviews",
        ),
        (
            lambda book: book.reviews.filter(rating__gte=1, rating__lt=4).order_by("-rating"),
            'Review.objects.filter(rating__gte=1, rating__lt=4).order_by("-rating")',
            "matching_reviews",
        ),
        (
            lambda book: book.reviews.filter(text__icontains="more"),
            'Review.objects.filter(text__icontains="more")',
            "matching_reviews",
        ),
        (
            lambda book: book.reviews.filter(rating__in=[1, 5]).order_by("pk"),
            'Review.objects.filter(rating__in=[1, 5]).order_by("pk")',
            "matching_reviews",
        ),
        (
            lambda book: book.reviews.filter(user__name__startswith="Person"),
            'Review.objects.filter(user__name__startswith="Person")',
            "matching_reviews",
        ),
        (
            lambda book: book.reviews.filter(user__isnull=False),
            "Review.objects.filter(user__isnull=False)",
            "matching_reviews",
        ),
        (
            lambda book: book.reviews.order_by("rating", "-pk"),
            'Review.objects.order_by("rating", "-pk")',
            "ordered_reviews",
        ),
        (
            lambda book: book.reviews.select_related("user"),
            'Review.objects.select_related("user")',
            "all_reviews",
        ),
        (
            lambda book: book.reviews.order_by("-rating", "pk")[:1],
            'Review.objects.order_by("-rating", "pk")[:1]',
            "first_reviews",
        ),
        (lambda book: book.reviews.all()[:9], "Review.objects.all()[:9]", "first_reviews"),
        (
            lambda book: book.genres.filter(name="Genre 0"),
            'Genre.objects.filter(name="Genre 0")',
            "matching_genres",
        ),
    ],
)
def test_conditions_become_a_prefetch(
    alias: str, ask: Callable[[Any], Any], queryset: str, attribute: str
) -> None:
    hint = check_hint(
        lambda: [list(ask(book)) for book in Book.objects.using(alias)], model="testapp.Book"
    )
    # The conditions stand in a line that the hint does not know.
    assert hint.certain is (".filter(" not in queryset or "isnull" in queryset)
    assert f'queryset={queryset}, to_attr="{attribute}"' in hint.fix
    check_fix(ask, hint, alias)


@pytest.mark.parametrize(
    "ask",
    [
        lambda book: book.reviews.first(),
        lambda book: book.reviews.filter(rating=5).first(),
        lambda book: book.reviews.last(),
        lambda book: book.reviews.get(rating=1),
        lambda book: book.reviews.order_by("rating").first(),
    ],
)
def test_single_objects(alias: str, ask: Callable[[Any], Any]) -> None:
    hint = check_hint(lambda: [ask(book) for book in Book.objects.using(alias)])
    check_fix(lambda book: [ask(book)], hint, alias)


@pytest.mark.parametrize(
    "ask",
    [
        lambda book: list(book.reviews.iterator()),
        lambda book: list(book.reviews.values_list("pk", flat=True)),
        lambda book: book.reviews.in_bulk(),
    ],
)
def test_all_objects_by_another_way(alias: str, ask: Callable[[Any], Any]) -> None:
    check_hint(
        lambda: [ask(book) for book in Book.objects.using(alias)],
        fix='prefetch_related("reviews")',
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda book: book.reviews.filter(rating=book.pages % 3),  # differs by row
        lambda book: book.reviews.filter(Q(rating=1) | Q(rating=5)),
        lambda book: book.reviews.exclude(rating=1),
        lambda book: book.reviews.filter(rating__lt=F("user_id")),
        lambda book: book.reviews.annotate(twice=F("rating") * 2),
        lambda book: book.reviews.filter(rating__gt=0).filter(rating__gt=1),
        lambda book: book.reviews.filter(user__books__pages=1),
        lambda book: book.reviews.order_by("rating").reverse(),
        lambda book: book.reviews.values_list("rating").distinct(),
    ],
)
def test_what_cannot_be_written_is_not_guessed(alias: str, ask: Callable[[Any], Any]) -> None:
    for number, book in enumerate(Book.objects.using(alias)):
        Book.objects.using(alias).filter(pk=book.pk).update(pages=number)
    check_hint(
        lambda: [list(ask(book)) for book in Book.objects.using(alias)], fix="", certain=False
    )


def test_withheld_values_are_not_written(alias: str, settings: Any) -> None:
    settings.ORM_INSIGHT = {"REDACT_PARAMS": True}
    hint = check_hint(
        lambda: [list(book.reviews.filter(rating=5)) for book in Book.objects.using(alias)]
    )
    assert (hint.fix, hint.certain) == ("", False)


def test_generic_relation(alias: str) -> None:
    ContentType.objects.clear_cache()

    def code() -> None:
        for book in Book.objects.using(alias):
            list(book.notes.filter(text="x"))

    report = tools.report_of(code)
    assert [(hint.code, hint.lookup) for hint in report.hints] == [("ORM103", "notes")]
    assert 'queryset=Note.objects.filter(text="x"), to_attr="matching_notes"' in report.hints[0].fix


def test_below_a_joined_relation(alias: str) -> None:
    def code(books: Any) -> Any:
        return [list(book.author.books.filter(pages=100)) for book in books]

    hint = check_hint(
        lambda: code(Book.objects.using(alias).select_related("author")), lookup="author__books"
    )
    assert "Book.objects.filter(pages=100)" in hint.fix
