"""A test that commits leaves nothing to the next one."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType

from tests.emptying import Emptying, with_rows
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.mark.parametrize("number", [1, 2])
def test_rows_of_the_test_before_are_gone(alias: str, number: int) -> None:
    assert not Genre.objects.using(alias).exists()
    assert ContentType.objects.using(alias).filter(app_label="testapp", model="genre").exists()
    make_library(alias, books=number)


def test_only_tables_with_rows_are_named_and_all_are_emptied(alias: str) -> None:
    emptying = Emptying([alias])
    make_library(alias, books=1)
    tables = ["auth_user", "testapp_book", "testapp_book_genres", "testapp_genre"]
    assert with_rows(alias, tables) == tables[1:]

    assert emptying.is_done(alias)

    assert with_rows(alias, tables) == []
    assert ContentType.objects.using(alias).exists()


def test_changed_types_of_content_are_left_to_django(alias: str) -> None:
    emptying = Emptying([alias])
    ContentType.objects.using(alias).get(model="book", app_label=Book._meta.app_label).delete()

    assert not emptying.is_done(alias)
    assert not emptying.is_done("another")
