"""ORM605: estimates that are far off, seen in measured plans."""

from __future__ import annotations

import pytest
from django.db import connection

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


def test_a_good_estimate() -> None:
    assert hints_after_explain(lambda: list(Entry.objects.filter(kind="kind 3")), "ORM605") == []


def test_columns_that_depend_on_each_other() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pgapp_entry SET kind = number % 100, title = number % 100")
        cursor.execute("ANALYZE pgapp_entry")
    wanted = Entry.objects.filter(kind="7", title="7").order_by("number")
    [hint] = hints_after_explain(lambda: list(wanted), "ORM605")
    assert "300" in hint.message
    assert "CREATE STATISTICS" in hint.message
    assert hint.fix == ""
