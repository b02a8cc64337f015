"""The public ``capture()``: as a decorator, and its report as text."""

from __future__ import annotations

from pathlib import Path

import pytest

import orm_insight
from orm_insight import insight
from tests.lines import line_with
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db


def test_decorator_without_parentheses() -> None:
    @orm_insight.capture
    def count() -> int:
        return Book.objects.count()

    assert count() == 0
    assert "count" in insight.recent(1)[0].name


def test_report_prints_a_line_for_each_hint() -> None:
    make_library(books=3)
    with orm_insight.capture("names") as trace:
        assert [book.author.name for book in Book.objects.all()]  # both lines
    figures, hint = str(trace.report()).splitlines()
    assert figures.startswith("names: 4 queries, ")
    file, line = line_with(Path(__file__), "# both lines")
    assert hint == f'ORM101 {file}:{line}: select_related("author")'


def test_union_takes_no_fix() -> None:
    make_library(books=4)
    with orm_insight.capture() as trace:
        books = Book.objects.filter(pages__lt=102).union(Book.objects.filter(pages__gte=102))
        assert [book.author.name for book in books]
    [hint] = trace.report().hints
    assert (hint.code, hint.fix, hint.certain) == ("ORM101", "", False)
    assert "each part of the union" in hint.message
