"""The line that says what is silenced."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from orm_insight import insight
from orm_insight.ui.hints import silence_note
from tests.builders import make_trace
from tests.hints.tools import report_of
from tests.lines import line_with
from tests.testapp.factories import make_library
from tests.testapp.models import Book

HERE = Path(__file__)


def here(marker: str) -> str:
    return f"{HERE.parent.parent.name}/ui/{HERE.name}:{line_with(HERE, marker)[1]}"


def silenced_and_unused() -> None:
    for book in Book.objects.all():  # orm-insight: ignore[ORM101] four rows
        assert book.author.name
    assert Book.objects.count()  # orm-insight: ignore[ORM205] never repeated


def test_noop_nothing_silenced():
    assert silence_note(insight.report_of(make_trace())) == ""


@pytest.mark.django_db
def test_comments():
    make_library(books=4)

    assert silence_note(report_of(silenced_and_unused)) == (
        f"1 hint ignored: ORM101 by {here('# orm-insight: ignore[ORM101] four rows')}. "
        f"Ignore comments without effect here: "
        f"{here('# orm-insight: ignore[ORM205] never repeated')}."
    )


@pytest.mark.django_db
def test_setting_on_the_page(settings):
    settings.ORM_INSIGHT = {"IGNORE": {"/books/": ["ORM101"]}}
    settings.DEBUG = True
    make_library(books=4)
    client = Client()
    client.get("/books/")
    [trace] = insight.recent()

    page = client.get(f"/_orm/traces/{trace.id}/").text

    assert "1 hint ignored: ORM101 by IGNORE[&#34;/books/&#34;]." in page
    assert "No hints other than ignored ones." in page
    assert "oi-hint-title" not in page


@pytest.mark.django_db
def test_at_most_three_are_named():
    def counts() -> None:
        Book.objects.filter(pages=1).count()  # orm-insight: ignore[ORM205]
        Book.objects.filter(title="a").count()  # orm-insight: ignore[ORM205]
        Book.objects.filter(body="a").count()  # orm-insight: ignore[ORM205]
        Book.objects.count()  # orm-insight: ignore[ORM205]
        Book.objects.order_by("title").first()  # orm-insight: ignore[ORM205]

    note = silence_note(report_of(counts))

    assert note.count("test_hints.py:") == 3
    assert note.endswith(" and 2 more.")
