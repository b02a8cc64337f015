"""The examples in the documents about hints are run: the first one is wasteful, the second is not.

Both are whole functions that get a request. They may use the models of ``tests.testapp``, what
``django.db.models`` and the paginator offer, and import what else they need.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

import orm_insight
from orm_insight.model.catalogue import RULES, Needs
from tests.docs.examples import PLANNED, examples, function_of
from tests.routers import OneDatabase
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [pytest.mark.django_db(databases="__all__"), seeded_by(make_library, books=4)]

CODES = [code for code in RULES if code not in PLANNED]
DEEP = {rule.code for rule in RULES.values() if rule.needs is Needs.DEEP_RECORDING}
MANY_ROWS = {"ORM302", "ORM306"}
SAME_NUMBER = {*DEEP, "ORM302", "ORM306"} - {"ORM105"}
"""Their repair spares rows and columns, not statements."""


@pytest.fixture
def books(alias: str, settings: Any, request: pytest.FixtureRequest) -> Iterator[list[Book]]:
    settings.DATABASE_ROUTERS = ["tests.routers.OneDatabase", *settings.DATABASE_ROUTERS]
    OneDatabase.alias = alias
    code = request.getfixturevalue("code")
    if code in MANY_ROWS:
        first = Book.objects.earliest("pk")
        Book.objects.bulk_create(
            Book(title=f"Volume {number}", author=first.author, publisher=first.publisher)
            for number in range(1_100)
        )
    yield list(Book.objects.order_by("pk"))
    OneDatabase.alias = "default"


def sets_sorted(result: Any) -> Any:
    """Related sets within a list have no order that anybody asked for; the list itself has."""
    if not isinstance(result, list):
        return result
    return [sorted(each) if isinstance(each, list) else each for each in result]


@pytest.mark.parametrize("code", CODES)
def test_examples(code: str, books: list[Book], tmp_path: Path) -> None:
    sources = examples(code)
    assert len(sources) >= 2, "a wasteful example, and the repaired one"
    results, numbers, found = [], [], []
    for name, source in zip(("wasteful", "repaired"), sources, strict=False):
        function = function_of(source, tmp_path / f"{name}_{code}.py")
        after = books[999].pk if len(books) > 999 else 0
        request = RequestFactory().get("/", {"after": after})
        with orm_insight.capture(deep=code in DEEP) as trace:
            results.append(function(request))
        numbers.append(len(trace.queries))
        found.append([hint for hint in trace.report().hints if hint.code == code])
    assert found[0], "the wasteful example gives the hint"
    assert not found[1], "the repaired one does not"
    assert sets_sorted(results[0]) == sets_sorted(results[1])
    assert numbers[0] == numbers[1] if code in SAME_NUMBER else numbers[0] > numbers[1]
    for marked, site in (("# the origin", found[0][0].origin), ("# the site", found[0][0].site)):
        lines = [n for n, line in enumerate(sources[0].splitlines(), 1) if marked in line]
        assert not lines or (site is not None and site.line in lines)
