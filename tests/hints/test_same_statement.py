"""ORM501: the same read again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.hints import tools
from tests.lines import line_with, place_of
from tests.seeding import seeded_by
from tests.testapp import models as testapp
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Person, Review

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
HERE = Path(__file__)
check_noop = partial(tools.check_noop, hint_code="ORM501")
check_hint = partial(tools.check_hint, hint_code="ORM501")


def test_noop_counted_again_is_another_code(alias: str) -> None:
    check_noop(lambda: [Book.objects.using(alias).count() for _ in range(3)])


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
        list(Book.objects.using(alias))  # asked first
        list(Book.objects.using(alias))  # asked again

    hint = check_hint(code, fix="", model="testapp.Book")
    assert f"from {HERE.name}:{hint.sites[0].line} and {HERE.name}:" in hint.message
    assert [place_of(site) for site in hint.sites] == [
        line_with(HERE, "# asked first"),
        line_with(HERE, "# asked again"),
    ]
    assert hint.saving.queries == 1


class Genre:
    """Lends its property to the model of this name."""

    @property
    def titles(self) -> list[str]:
        return [book.title for book in self.books.order_by("title")]  # asks each time


def test_property_of_one_object_that_asks_again(
    alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testapp.Genre, "titles", Genre.titles, raising=False)
    genre = testapp.Genre.objects.using(alias).get(name="Genre 1")

    def code() -> None:
        assert genre.titles
        assert genre.titles

    hint = check_hint(code)
    assert hint.saving.queries == 1
    assert [place_of(site) for site in hint.sites] == [line_with(HERE, "# asks each time")]
    assert f"Genre.titles ({HERE.name}:" in hint.message
    assert "Make it a cached_property" in hint.message


def test_written_to_another_table(alias: str) -> None:
    def code() -> None:
        list(Book.objects.using(alias))
        Person.objects.using(alias).update(name="x")
        list(Book.objects.using(alias))

    check_hint(code)
