"""ORM204: get() and first() for each item."""

from __future__ import annotations

from functools import partial

import pytest

from tests.analysis.detectors import tools
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Publisher

pytestmark = pytest.mark.django_db(databases="__all__")
check_noop = partial(tools.check_noop, hint_code="ORM204")
check_hint = partial(tools.check_hint, hint_code="ORM204")


@pytest.fixture(autouse=True)
def library(alias: str) -> None:
    make_library(alias, books=4)


def keys(alias: str) -> list[int]:
    return list(Book.objects.using(alias).values_list("pk", flat=True))


def test_noop_helper_called_twice(alias: str) -> None:
    one, two, *_ = keys(alias)

    def find(key: int) -> Book:
        return Book.objects.using(alias).get(pk=key)

    def code() -> None:
        find(one)
        find(two)

    tools.check_noop(code)


def test_noop_four_lookups_on_four_lines(alias: str) -> None:
    one, two, three, four = keys(alias)

    def code() -> None:
        Book.objects.using(alias).get(pk=one)
        Book.objects.using(alias).get(pk=two)
        Book.objects.using(alias).get(pk=three)
        Book.objects.using(alias).get(pk=four)

    tools.check_noop(code)


def test_noop_relation_is_no_lookup(alias: str) -> None:
    check_noop(lambda: [book.author.name for book in Book.objects.using(alias)])


def test_get_by_primary_key(alias: str) -> None:
    ids = keys(alias)
    hint = check_hint(
        lambda: [Book.objects.using(alias).get(pk=key) for key in ids],
        model="testapp.Book",
        lookup="pk",
        fix="Book.objects.in_bulk(ids)",
        certain=True,
    )
    assert hint.saving.queries == 3


def test_primary_key_of_another_name(alias: str) -> None:
    ids = list(Publisher.objects.using(alias).values_list("pk", flat=True))
    check_hint(
        lambda: [Publisher.objects.using(alias).get(uid=key) for key in ids],
        lookup="pk",
        fix="Publisher.objects.in_bulk(ids)",
    )


def test_first_by_another_field(alias: str) -> None:
    titles = [f"Book {number}" for number in range(4)]
    check_hint(
        lambda: [Book.objects.using(alias).filter(title=title).first() for title in titles],
        lookup="title",
        fix="Book.objects.filter(title__in=values)",
    )


def test_not_certain_where_more_is_asked(alias: str) -> None:
    ids = keys(alias)
    check_hint(
        lambda: [Book.objects.using(alias).filter(pages__gt=1, pk=k).first() for k in ids],
        lookup="pk",
        certain=False,
    )


def test_noop_refreshed_objects(alias: str) -> None:
    """Other objects would not be these objects."""
    books = list(Book.objects.using(alias))
    check_noop(lambda: [book.refresh_from_db() for book in books])
