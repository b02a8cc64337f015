"""Which hints a comment silences, in real traces of real code and templates."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import get_template
from django.test import Client
from django.urls import path
from django.views.generic import ListView

from orm_insight import insight
from orm_insight.reports.report import Report
from orm_insight.reports.silence import IgnoreComment
from tests.builders import make_trace
from tests.hints.tools import report_of
from tests.lines import JINJA, TEMPLATES, line_with, place_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [pytest.mark.django_db, seeded_by(make_library, books=4)]
HERE = Path(__file__)


def left(report: Report) -> list[str]:
    return [hint.code for hint in report.hints]


def silenced(report: Report) -> list[tuple[str, str | None]]:
    return [(entry.hint.code, entry.pattern) for entry in report.silenced]


def places(comments: tuple[IgnoreComment, ...]) -> list[tuple[str, int]]:
    return [(comment.file, comment.line) for comment in comments]


def check_noop(code: Callable[[], Any]) -> Report:
    report = report_of(code)
    assert left(report) == ["ORM101"]
    assert silenced(report) == []
    return report


def check_silenced(code: Callable[[], Any]) -> Report:
    report = report_of(code)
    assert left(report) == []
    assert silenced(report) == [("ORM101", None)]
    assert report.unused_ignores == ()
    return report


def test_noop_no_comment() -> None:
    report = check_noop(lambda: [book.author.name for book in Book.objects.all()])
    assert report.unused_ignores == ()


def test_noop_other_code() -> None:
    def code() -> None:
        for book in Book.objects.all():  # orm-insight: ignore[ORM102] the other
            assert book.author.name

    report = check_noop(code)
    assert places(report.unused_ignores) == [
        line_with(HERE, "# orm-insight: ignore[ORM102] the other")
    ]


def test_noop_other_lines() -> None:
    def code() -> None:
        # orm-insight: ignore[ORM101] above
        for book in Book.objects.all():
            name = book.author.name
            assert name  # orm-insight: ignore[ORM101]

    assert check_noop(code).unused_ignores == ()


def test_noop_malformed() -> None:
    def code() -> None:
        for book in Book.objects.all():  # orm-insight: ignore everything
            assert book.author.name

    report = check_noop(code)
    assert places(report.unused_ignores) == [line_with(HERE, "# orm-insight: ignore everything")]
    assert report.unused_ignores[0].codes == ()


def test_noop_text_in_a_string() -> None:
    def code() -> None:
        for book in Book.objects.filter(title__startswith="# orm-insight: ignore[ORM101]"[:0]):
            assert book.author.name

    assert check_noop(code).unused_ignores == ()


def test_origin() -> None:
    def code() -> None:
        for book in Book.objects.all():  # orm-insight: ignore[ORM205, ORM101] four rows
            assert book.author.name

    [entry] = check_silenced(code).silenced
    assert places(entry.comments) == [
        line_with(HERE, "# orm-insight: ignore[ORM205, ORM101] four rows")
    ]
    assert place_of(entry.hint.origin) == line_with(
        HERE, "# orm-insight: ignore[ORM205, ORM101] four rows"
    )


def test_site() -> None:
    def code() -> None:
        for book in Book.objects.all():
            assert book.author.name  # orm-insight: ignore[ORM101] at the site

    check_silenced(code)


def test_noop_other_line_of_a_statement_over_several() -> None:
    def code() -> None:
        books = {
            "all": Book.objects.all(),
            "none": Book.objects.none(),  # orm-insight: ignore[ORM101]
        }
        assert [book.author.name for book in books["all"]]

    assert check_noop(code).unused_ignores == ()


def test_line_inside_an_expression_over_several() -> None:
    def code() -> None:
        books = Book.objects.filter(
            pages__gte=0,  # orm-insight: ignore[ORM101] inside
        )
        assert [book.author.name for book in books]

    check_silenced(code)


def test_last_line_of_a_statement_over_several() -> None:
    def code() -> None:
        books = Book.objects.filter(
            pages__gte=0,
        ).order_by(
            "pk",
        )  # orm-insight: ignore[ORM101] at the end
        assert [book.author.name for book in books]

    check_silenced(code)


def decorated(cls: type) -> type:
    return cls


@decorated
class SilentList(ListView):  # orm-insight: ignore[ORM101] for the class
    model = Book
    template_name = "testapp/book_list.html"
    context_object_name = "books"


class LoudList(ListView):
    model = Book  # orm-insight: ignore[ORM101]
    template_name = "testapp/book_list.html"
    context_object_name = "books"


urlpatterns = [path("loud/", LoudList.as_view()), path("silent/", SilentList.as_view())]


def report_of_request(url: str) -> Report:
    assert Client().get(url).status_code == 200
    [trace] = insight.recent()
    return insight.report_of(trace)


@pytest.mark.urls(__name__)
def test_noop_inside_the_class() -> None:
    report = report_of_request("/loud/")
    assert (left(report), silenced(report)) == (["ORM101"], [])


@pytest.mark.urls(__name__)
def test_class() -> None:
    report = report_of_request("/silent/")
    assert (left(report), silenced(report)) == ([], [("ORM101", None)])
    assert place_of(report.silenced[0].hint.origin) == line_with(
        HERE, "# orm-insight: ignore[ORM101] for the class"
    )
    assert report.unused_ignores == ()


@pytest.mark.parametrize(
    ("name", "folder", "loud", "unused"),
    [
        ("silenced.html", TEMPLATES, ["editor", "publisher"], "ignore #}"),
        ("silenced.jinja", JINJA, ["publisher"], "another"),
    ],
)
def test_template(name: str, folder: Path, loud: list[str], unused: str) -> None:
    def code() -> None:
        get_template(f"capture/{name}").render({"books": list(Book.objects.all())})

    report = report_of(code)
    file = folder / "capture" / name
    assert sorted(str(hint.lookup) for hint in report.hints) == loud
    [entry] = report.silenced
    assert entry.hint.lookup == "author"
    assert places(entry.comments) == [line_with(file, "two rows at most")]
    assert places(report.unused_ignores) == [line_with(file, unused)]


def test_comment_whose_query_is_repaired() -> None:
    def code() -> None:
        for book in Book.objects.select_related("author"):  # orm-insight: ignore[ORM101] stale
            assert book.author.name

    report = report_of(code)
    assert (left(report), silenced(report)) == ([], [])
    assert places(report.unused_ignores) == [line_with(HERE, "# orm-insight: ignore[ORM101] stale")]


def test_nothing_is_said_about_a_file_that_has_changed_since(tmp_path: Path) -> None:
    module = tmp_path / "reading.py"
    module.write_text("def read(books):\n    return books.count()  # orm-insight: ignore[ORM101]\n")
    scope: dict[str, Any] = {}
    exec(compile(module.read_text(), str(module), "exec"), scope)

    assert places(report_of(lambda: scope["read"](Book.objects)).unused_ignores) == [
        (str(module), 2)
    ]
    later = module.stat().st_mtime + 3600
    os.utime(module, (later, later))
    assert report_of(lambda: scope["read"](Book.objects)).unused_ignores == ()


def test_text_and_json() -> None:
    def code() -> None:
        for book in Book.objects.all():  # orm-insight: ignore[ORM101] in JSON
            assert book.author.name
        assert Book.objects.count()  # orm-insight: ignore[ORM502] unused

    report = report_of(code)
    found = json.loads(json.dumps(report.to_dict()))
    file, line = line_with(HERE, "# orm-insight: ignore[ORM101] in JSON")
    comment = {"file": file, "line": line, "codes": ["ORM101"]}

    assert "0 hints, 1 ignored" in str(report)
    assert (found["hints"], found["summary"]["hints"], found["summary"]["silenced"]) == ([], 0, 1)
    [entry] = found["silenced"]
    assert entry["hint"]["code"] == "ORM101"
    assert (entry["comments"], entry["pattern"]) == ([comment], None)
    assert [entry["line"] for entry in found["unused_ignores"]] == [
        line_with(HERE, "# orm-insight: ignore[ORM502] unused")[1]
    ]


def test_report_without_queries_is_silent() -> None:
    report = insight.report_of(make_trace())
    assert (report.hints, report.silenced, report.unused_ignores) == ((), (), ())
