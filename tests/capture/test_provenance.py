"""The marks that the hooks leave on querysets and instances, and all that they never disturb."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import Query

import orm_insight
from orm_insight.capture import provenance
from orm_insight.capture.lineage import KEY
from tests.lines import line_with, place_of
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Person

pytestmark = pytest.mark.django_db(databases="__all__")
HERE = Path(__file__)
BUILT_AT_IMPORT = Book.objects.order_by("pk")  # at import


def helper(alias: str) -> QuerySet[Book]:
    return Book.objects.using(alias)  # in the helper


def test_every_hook_fits_this_django() -> None:
    assert provenance.missing_hooks() == ()


def test_origin_in_a_helper_and_through_a_chain(alias: str) -> None:
    with orm_insight.capture() as trace:
        books = helper(alias).filter(pages__gt=1)
        books = books.exclude(title="x").order_by("title")[:5]
        list(books)
    assert place_of(trace.queries[0].origin) == line_with(HERE, "# in the helper")


def test_origin_at_import_time(alias: str) -> None:
    with orm_insight.capture() as trace:
        list(BUILT_AT_IMPORT.using(alias))
    assert place_of(trace.queries[0].origin) == line_with(HERE, "# at import")


def test_origin_of_counts_and_writes(alias: str) -> None:
    with orm_insight.capture() as trace:
        books = Book.objects.using(alias)  # the queryset of both
        books.count()
        books.update(pages=1)
    assert {place_of(query.origin) for query in trace.queries} == {
        line_with(HERE, "# the queryset of both")
    }


def test_origin_of_raw_sql(alias: str) -> None:
    with orm_insight.capture() as trace:
        books = Book.objects.using(alias).raw("SELECT * FROM testapp_book")  # raw
        list(books)
    assert place_of(trace.queries[0].origin) == line_with(HERE, "# raw")


def test_cursor_has_no_origin(alias: str) -> None:
    with orm_insight.capture() as trace, connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")
    assert trace.queries[0].origin is None


def test_pickled_queryset_and_instances(alias: str) -> None:
    make_library(alias, books=2)
    with orm_insight.capture() as trace:
        books = Book.objects.using(alias).select_related("author")
        restored = pickle.loads(pickle.dumps(books))
        queryset = Book.objects.using(alias).all()
        queryset.query = pickle.loads(pickle.dumps(queryset.query))
        assert [book.author.name for book in restored] == [book.author.name for book in queryset]
        again = pickle.loads(pickle.dumps(list(queryset)))
        assert [book.publisher.name for book in again]
        assert [copy.deepcopy(book).title for book in queryset]
        assert copy.deepcopy(queryset).query.__dict__.get(KEY) is None
    assert trace.report().queries


def test_instances_are_not_kept_alive(alias: str) -> None:
    make_library(alias, books=2)
    with orm_insight.capture():
        books = list(Book.objects.using(alias))
        for book in books:
            assert book.author.name
        alive = [weakref.ref(book) for book in books]
        del book, books
        gc.collect()
        assert [reference() for reference in alive] == [None, None]


def test_subclass_with_its_own_iteration(alias: str) -> None:
    class Loud(ModelIterable):
        def __iter__(self) -> Any:
            for row in super().__iter__():
                row.title = row.title.upper()
                yield row

    make_library(alias, books=2)
    with orm_insight.capture() as trace:
        books = Book.objects.using(alias).order_by("pk")
        books._iterable_class = Loud
        assert [book.title for book in books] == ["BOOK 0", "BOOK 1"]
        assert [book.author.name for book in books]
    assert [hint.lookup for hint in trace.report().hints] == ["author"]


def test_values_and_annotations(alias: str) -> None:
    make_library(alias, books=2)
    with orm_insight.capture():
        books = Book.objects.using(alias).order_by("pk")
        assert list(books.values_list("title", flat=True)) == ["Book 0", "Book 1"]
        assert books.in_bulk()
        assert books.order_by().union(books.order_by()).count() == 2


def test_hooks_come_off_and_on_again(alias: str) -> None:
    original = Query.__init__.__wrapped__
    provenance.uninstall()
    try:
        assert Query.__init__ is original
        with orm_insight.capture() as trace:
            list(Person.objects.using(alias))
        assert trace.queries[0].origin is None
        assert place_of(trace.queries[0].site)
    finally:
        provenance.install()
    assert Query.__init__.__wrapped__ is original


def test_a_hook_of_somebody_else_stays() -> None:
    ours = Query.__init__

    def theirs(self: Any, *args: Any, **kwargs: Any) -> None:
        ours(self, *args, **kwargs)

    Query.__init__ = theirs
    try:
        provenance.uninstall()
        assert Query.__init__ is theirs
    finally:
        Query.__init__ = ours.__wrapped__
        provenance.install()
    assert Query.__init__.__wrapped__ is ours.__wrapped__
