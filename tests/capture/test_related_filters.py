"""Filters of a related manager that can be read from its query, and those that cannot."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Count, F, Max

from orm_insight.capture.provenance.related_filters import UNREADABLE, narrowing_of, shape_of
from orm_insight.model.provenance import Condition, Narrowing
from tests.pgapp.models import Specimen
from tests.testapp.models import Book


def read(queryset: Any) -> Narrowing:
    plain = queryset.model.objects.all().query
    return narrowing_of(queryset.query, (len(plain.where.children), *shape_of(plain)), 0)


@pytest.mark.parametrize(
    "queryset",
    [
        Book.objects.exclude(pages=1),
        Book.objects.filter(pages=F("author_id")),
        Book.objects.annotate(number=Count("reviews")),
        Book.objects.annotate(number=Max("pages")).values("number"),
        Specimen.objects.filter(document={"a": 1}),
    ],
    ids=["exclude", "column", "annotated", "values", "json"],
)
def test_noop_unreadable(queryset: Any) -> None:
    assert read(queryset) == UNREADABLE


def test_conditions() -> None:
    narrowing = read(Book.objects.filter(pages__gte=2, author__name="x"))
    assert narrowing.conditions == (
        Condition(lookup="author__name", column="name", count=1),
        Condition(lookup="pages__gte", column="pages", count=1),
    )


def test_what_exists_selects_is_no_annotation() -> None:
    query = Book.objects.filter(pages=2).query.exists()
    plain = Book.objects.all().query
    narrowing = narrowing_of(query, (len(plain.where.children), *shape_of(plain)), 0)
    assert narrowing.is_readable
    assert [condition.lookup for condition in narrowing.conditions] == ["pages"]
