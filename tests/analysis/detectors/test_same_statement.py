"""ORM501: the same read again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.analysis.detectors import tools
from tests.lines import line_with, place_of
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Person, Review

pytestmark = pytest.mark.django_db(databases="__all__")
HERE = Path(__file__)
check_noop = partial(tools.check_noop, hint_code="ORM501")
check_hint = partial(tools.check_hint, hint_code="ORM501")


@pytest.fixture(autouse=True)
def library(alias: str) -> None:
    make_library(alias, books=4)


def test_noop_other_parameters(alias: str) -> None:
    def code() -> None:
        Book.objects.using(alias).filter(pages=1).count()
        Book.objects.using(alias).filter(pages=2).count()

    tools.check_noop(code)


def test_noop_written_in_between(alias: str) -> None:
    def code() -> None:
        Book.objects.using(alias).count()
        Book.objects.using(alias).update(pages=1)
        Book.objects.using(alias).count()

    tools.check_noop(code)


def test_noop_relation_with_one_target(alias: str) -> None:
    Review.objects.using(alias).update(user=Person.objects.using(alias).first())
    check_noop(lambda: [review.user.name for review in Review.objects.using(alias)])


def test_two_lines(alias: str) -> None:
    def code() -> None:
        Book.objects.using(alias).count()  # asked first
        Book.objects.using(alias).count()  # asked again

    hint = check_hint(code, fix="", model="testapp.Book")
    assert [place_of(site) for site in hint.sites] == [
        line_with(HERE, "# asked first"),
        line_with(HERE, "# asked again"),
    ]
    assert hint.saving.queries == 1


def test_property_of_one_object_that_asks_again(alias: str) -> None:
    book = Book.objects.using(alias).get(title="Book 0")
    hint = check_hint(lambda: [book.reviews.count() for _ in range(3)])
    assert hint.saving.queries == 2


def test_written_to_another_table(alias: str) -> None:
    def code() -> None:
        Book.objects.using(alias).count()
        Person.objects.using(alias).update(name="x")
        Book.objects.using(alias).count()

    check_hint(code)
