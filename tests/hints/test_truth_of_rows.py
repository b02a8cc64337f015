"""ORM304: rows that were loaded only to see whether there are any."""

from __future__ import annotations

from functools import partial

import pytest
from django.template import engines

from tests.hints import tools
from tests.lines import line_with, place_of
from tests.seeding import seeded_by
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = [
    pytest.mark.django_db(databases=["sqlite"]),
    seeded_by(make_library, books=4),
]
check_noop = partial(tools.check_noop, hint_code="ORM304", deep=True)
check_hint = partial(tools.check_hint, hint_code="ORM304", deep=True)


def test_noop_in_an_ordinary_recording(alias: str) -> None:
    tools.check_noop(lambda: bool(Book.objects.using(alias).all()))


def test_noop_exists(alias: str) -> None:
    check_noop(lambda: Book.objects.using(alias).exists())


def test_noop_one_row(alias: str) -> None:
    check_noop(lambda: bool(Book.objects.using(alias).filter(title="Book 1")))


def test_noop_rows_are_used(alias: str) -> None:
    def code() -> list[str]:
        books = Book.objects.using(alias).all()
        return [book.title for book in books] if books else []

    check_noop(code)


def test_noop_counted_as_well(alias: str) -> None:
    """``count()`` answers both: ORM303."""

    def code() -> int:
        books = Book.objects.using(alias).all()
        return len(books) if books else 0

    check_noop(code)
    tools.check_hint(code, "ORM303", deep=True)


def test_noop_loop_in_a_template(alias: str) -> None:
    source = "{% if books %}{% for book in books %}x{% endfor %}{% endif %}"
    books = Book.objects.using(alias)
    check_noop(lambda: engines["django"].from_string(source).render({"books": books.all()}))


def test_truth(alias: str) -> None:
    def code() -> str:
        books = Book.objects.using(alias).filter(pages__gt=1)  # origin
        if books:  # site
            return "some"
        return "none"

    hint = check_hint(code, model="testapp.Book", fix="exists()", certain=True)
    assert place_of(hint.origin) == line_with(test_truth, "# origin")
    assert place_of(hint.site) == line_with(test_truth, "# site")


def test_another_queryset_is_used(alias: str) -> None:
    def code() -> list[str]:
        books = Book.objects.using(alias).all()
        return [book.title for book in books.filter(pages__gt=1)] if books else []

    check_hint(code)


@pytest.mark.parametrize("engine", ["django", "jinja2"])
def test_truth_in_a_template(alias: str, engine: str) -> None:
    template = engines[engine].from_string("{% if books %}x{% endif %}")
    books = Book.objects.using(alias)
    report = tools.report_of(lambda: template.render({"books": books.all()}), deep=True)
    assert [hint.code for hint in report.hints] == ["ORM304"]
