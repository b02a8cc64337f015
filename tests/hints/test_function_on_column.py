"""ORM606: functions of columns, seen in measured plans."""

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


def test_the_column_itself() -> None:
    assert hints_after_explain(lambda: list(Entry.objects.filter(title="x")), "ORM606") == []


def test_iexact() -> None:
    [hint] = hints_after_explain(lambda: list(Entry.objects.filter(title__iexact="x")), "ORM606")
    assert hint.fix == 'models.Index(Upper("title"), name="entry_title_idx")'
    assert isinstance(hint.change.change, MetaIndex)


def test_a_key_of_json() -> None:
    wanted = Entry.objects.filter(document__color=7)
    [hint] = hints_after_explain(lambda: list(wanted), "ORM606")
    assert 'KeyTransform("color", "document")' in hint.fix
