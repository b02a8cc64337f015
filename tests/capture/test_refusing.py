"""Blocks in which no query is executed."""

from __future__ import annotations

import pytest
from django.db import connections

from orm_insight.capture.cursors import QueryRefusedError, queries_refused
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db(databases="__all__")


def test_nothing_is_asked_inside_and_everything_outside(alias):
    books = Book.objects.using(alias)
    for ask in (books.count, lambda: list(books.iterator())):
        with queries_refused(), pytest.raises(QueryRefusedError):
            ask()
        assert ask() in (0, [])


def test_nothing_is_logged_as_if_it_had_been_executed(django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(QueryRefusedError), queries_refused():
        Book.objects.count()


def test_who_has_forbidden_it_before_goes_on_to_do_so(alias):
    def forbidden():
        raise NotImplementedError

    connection = connections[alias]
    connection.cursor = forbidden
    try:
        with queries_refused(), pytest.raises(QueryRefusedError):
            connection.cursor()
        with pytest.raises(NotImplementedError):
            connection.cursor()
    finally:
        del connection.cursor
    assert Book.objects.using(alias).count() == 0
