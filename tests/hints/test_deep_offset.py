"""ORM306: slices that begin far from the first row."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.paginator import Paginator
from django.db import connections

from tests.hints import tools
from tests.testapp.models import Book, Genre

pytestmark = pytest.mark.django_db(databases="__all__")
check_noop = partial(tools.check_noop, hint_code="ORM306")
check_hint = partial(tools.check_hint, hint_code="ORM306")


def test_noop_first_pages(alias: str) -> None:
    check_noop(lambda: list(Book.objects.using(alias).order_by("pk")[20:40]))


def test_noop_raw_sql(alias: str) -> None:
    """SQL that the application writes itself is its own business."""

    def code() -> None:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1 FROM testapp_book LIMIT 1 OFFSET 5000")

    check_noop(code)


def test_slice(alias: str) -> None:
    hint = check_hint(
        lambda: list(Book.objects.using(alias).order_by("pk")[5_000:5_020]), model="testapp.Book"
    )
    assert "5,000 rows" in hint.title


def test_page_of_a_paginator(alias: str) -> None:
    Genre.objects.using(alias).bulk_create(Genre(name=str(n)) for n in range(1_020))
    pages = Paginator(Genre.objects.using(alias).order_by("pk"), 20)
    check_hint(lambda: list(pages.page(51)), model="testapp.Genre")
