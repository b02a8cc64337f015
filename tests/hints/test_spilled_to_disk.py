"""ORM604: sorts of many rows, seen in measured plans."""

from __future__ import annotations

import pytest
from django.db import connection

from orm_insight.model.fix import MetaIndex
from tests.hints.tools import fill_entries, hints_after_explain
from tests.pgapp.models import Entry

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.server,
    pytest.mark.django_db(databases="__all__", transaction=True),
]


@pytest.fixture(autouse=True)
def entries(transactional_db: None) -> None:
    fill_entries()


def test_a_small_sort() -> None:
    wanted = Entry.objects.filter(pk__lt=50).order_by("title")
    assert hints_after_explain(lambda: list(wanted), "ORM604") == []


def test_the_order_of_an_index() -> None:
    assert hints_after_explain(lambda: list(Entry.objects.order_by("-pk")[:10]), "ORM604") == []


def test_a_sort_that_an_index_makes_unnecessary() -> None:
    wanted = Entry.objects.order_by("-created_at")[:10]
    [hint] = hints_after_explain(lambda: list(wanted), "ORM604")
    assert 'fields=["-created_at"]' in hint.fix
    assert isinstance(hint.change.change, MetaIndex)


def test_a_sort_on_disk(work_mem: None) -> None:
    wanted = Entry.objects.order_by("labels", "document")
    [hint] = hints_after_explain(lambda: list(wanted), "ORM604")
    assert hint.fix == "" or "labels" in hint.fix
    assert "went to disk" in hint.message or "sort" in hint.message


@pytest.fixture
def work_mem() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE CURRENT_USER SET work_mem = '1MB'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE CURRENT_USER RESET work_mem")
