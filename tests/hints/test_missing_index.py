"""ORM602: filters, orders and joins without an index, seen in measured plans."""

from __future__ import annotations

import pytest

from orm_insight.model.fix import MetaIndex
from tests.hints.tools import fill_entries, hints_after_explain
from tests.pgapp.models import Entry
from tests.seeding import seeded_by

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.server,
    pytest.mark.django_db,
    seeded_by(fill_entries, committed=True),
]


def test_an_index_serves() -> None:
    assert hints_after_explain(lambda: list(Entry.objects.filter(pk=3)), "ORM602") == []
    assert hints_after_explain(lambda: list(Entry.objects.filter(owner=3)), "ORM602") == []


def test_most_rows_are_wanted() -> None:
    wanted = Entry.objects.filter(number__gt=10)
    assert hints_after_explain(lambda: list(wanted), "ORM602") == []


def test_another_hint_has_the_pattern_and_the_function() -> None:
    pattern = Entry.objects.filter(title__contains="abcdef")
    function = Entry.objects.filter(title__iexact="abcdef")
    assert hints_after_explain(lambda: list(pattern), "ORM602") == []
    assert hints_after_explain(lambda: list(function), "ORM602") == []


def test_a_filter_without_an_index() -> None:
    [hint] = hints_after_explain(lambda: list(Entry.objects.filter(number=7)), "ORM602")
    assert hint.fix == 'models.Index(fields=["number"], name="entry_number_idx")'
    assert isinstance(hint.change.change, MetaIndex)
    assert (hint.model, hint.certain) == ("pgapp.Entry", False)
    assert "of 30,000 rows it discards 29,999 that do not match" in hint.message
    assert hint.site is not None and hint.site.function.endswith("<lambda>")
    assert hint.saving.ms > 0 and hint.saving.queries == 0


def test_a_statement_that_is_repeated_is_one_hint() -> None:
    def repeated() -> None:
        for number in (3, 4, 5):
            list(Entry.objects.filter(number=number))

    [hint] = hints_after_explain(repeated, "ORM602")
    assert len(hint.queries) == 3
