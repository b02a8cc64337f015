"""ORM603: patterns that begin with a wildcard, seen in measured plans."""

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


def test_a_prefix_is_no_infix() -> None:
    prefix = Entry.objects.filter(title__startswith="title abc")
    assert hints_after_explain(lambda: list(prefix), "ORM603") == []


def test_too_short_for_trigrams() -> None:
    assert (
        hints_after_explain(lambda: list(Entry.objects.filter(title__contains="zz")), "ORM603")
        == []
    )


@pytest.mark.parametrize(
    ("lookup", "key"),
    [("contains", 'fields=["title"]'), ("icontains", 'OpClass(Upper("title")')],
)
def test_contains(lookup: str, key: str) -> None:
    wanted = Entry.objects.filter(**{f"title__{lookup}": "abcdef"})
    [hint] = hints_after_explain(lambda: list(wanted), "ORM603")
    assert hint.fix.startswith("GinIndex(") and key in hint.fix
    assert isinstance(hint.change.change, MetaIndex)
    assert "gin_trgm_ops" in hint.fix
