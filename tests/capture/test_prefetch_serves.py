"""Methods of a related manager that a prefetch serves: counted, and as provenance tells them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Avg

import orm_insight
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

PARENTS = 5
pytestmark = [pytest.mark.django_db(databases=["sqlite"]), seeded_by(make_library, books=PARENTS)]


def ask(method: Callable[[Any], Any], alias: str, *prefetched: str) -> tuple[Any, ...]:
    with orm_insight.capture() as trace:
        for book in Book.objects.using(alias).prefetch_related(*prefetched):
            method(book.reviews)
    return trace.report().queries


@pytest.mark.parametrize(
    "method",
    [
        lambda reviews: list(reviews.all()),
        lambda reviews: reviews.count(),
        lambda reviews: reviews.exists(),
        lambda reviews: len(reviews.all()),
        lambda reviews: None in reviews.all(),
        lambda reviews: reviews.all()[0],
        lambda reviews: reviews.all().count(),
        lambda reviews: reviews.all().exists(),
    ],
)
def test_served(alias: str, method: Callable[[Any], Any]) -> None:
    assert len(ask(method, alias)) == 1 + PARENTS
    assert len(ask(method, alias, "reviews")) == 2


@pytest.mark.parametrize(
    "method",
    [
        lambda reviews: list(reviews.filter(rating=3)),
        lambda reviews: list(reviews.order_by("rating")),
        lambda reviews: list(reviews.values_list("pk")),
        lambda reviews: reviews.aggregate(Avg("rating")),
        lambda reviews: reviews.first(),  # of a model without an order: it asks by primary key
        lambda reviews: reviews.last(),
        lambda reviews: reviews.latest("pk"),
        lambda reviews: reviews.filter(rating__gte=0)[:1].get(),
        lambda reviews: list(reviews.iterator()),
        lambda reviews: list(reviews.select_related("user")),
        lambda reviews: list(reviews.distinct()),
        lambda reviews: reviews.in_bulk(),
    ],
)
def test_not_served(alias: str, method: Callable[[Any], Any]) -> None:
    queries = ask(method, alias, "reviews")

    assert len(queries) == 2 + PARENTS
    for query in queries[2:]:
        assert query.construction is not None and query.construction.load is not None
        assert query.construction.load.was_prefetched
