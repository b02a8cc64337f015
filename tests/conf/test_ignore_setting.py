"""Which hints the setting ``IGNORE`` silences."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

import orm_insight
from orm_insight import insight
from orm_insight.reports.report import Report
from orm_insight.reports.silence import matches
from tests.hints.tools import report_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [pytest.mark.django_db, seeded_by(make_library, books=4)]


def left(report: Report) -> list[str]:
    return [hint.code for hint in report.hints]


def silenced(report: Report) -> list[tuple[str, str | None]]:
    return [(entry.hint.code, entry.pattern) for entry in report.silenced]


def authors() -> None:
    assert [book.author.name for book in Book.objects.all()]


def test_setting_for_other_names_and_codes(settings: Any) -> None:
    settings.ORM_INSIGHT = {"IGNORE": {"*": ["ORM102"], "/books/*": ["ORM101"]}}
    report = report_of(authors)
    assert (left(report), silenced(report)) == (["ORM101"], [])


def test_setting_for_everything(settings: Any) -> None:
    settings.ORM_INSIGHT = {"IGNORE": {"*": ["ORM501", "ORM101"]}}
    report = report_of(authors)
    assert (left(report), silenced(report)) == ([], [("ORM101", "*")])


def test_setting_for_a_block_by_its_name(settings: Any) -> None:
    settings.ORM_INSIGHT = {"IGNORE": {"nightly *": ["ORM101"]}}
    with orm_insight.capture("nightly import") as trace:
        authors()
    assert silenced(trace.report()) == [("ORM101", "nightly *")]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("/books/", True),
        ("/boo*", True),
        ("book-list", True),
        ("tests.testapp.views.*", True),
        ("GET *", True),
        ("*", True),
        ("/Books/", False),
        ("/books", False),
        ("books", False),
        ("POST *", False),
        ("book-list-*", False),
    ],
)
def test_pattern_for_a_request(pattern: str, fits: bool) -> None:  # noqa: FBT001
    assert Client().get("/books/").status_code == 200
    [trace] = insight.recent()
    assert matches(pattern, trace) is fits


def test_comment_counts_as_used_where_the_setting_silences_too(settings: Any) -> None:
    settings.ORM_INSIGHT = {"IGNORE": {"*": ["ORM101"]}}

    def code() -> None:
        for book in Book.objects.all():  # orm-insight: ignore[ORM101] both
            assert book.author.name

    report = report_of(code)
    assert silenced(report) == [("ORM101", "*")]
    assert report.unused_ignores == ()
