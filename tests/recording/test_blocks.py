"""The public ``capture()``: as a decorator, and its report as text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import orm_insight
from orm_insight import insight
from tests.lines import line_with
from tests.testapp.factories import make_library
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db


def test_decorator_without_parentheses() -> None:
    @orm_insight.capture
    def count() -> int:
        return Book.objects.count()

    assert count() == 0
    assert "count" in insight.recent(1)[0].name


def test_report_prints_a_line_for_each_hint() -> None:
    make_library(books=3)
    with orm_insight.capture("names") as trace:
        assert [book.author.name for book in Book.objects.all()]  # both lines
    figures, hint = str(trace.report()).splitlines()
    assert figures.startswith("names: 4 queries, ")
    file, line = line_with(Path(__file__), "# both lines")
    assert hint == f'ORM101 {file}:{line}: select_related("author")'


def test_union_takes_no_fix() -> None:
    make_library(books=4)
    with orm_insight.capture() as trace:
        books = Book.objects.filter(pages__lt=102).union(Book.objects.filter(pages__gte=102))
        assert [book.author.name for book in books]
    [hint] = trace.report().hints
    assert (hint.code, hint.fix, hint.certain) == ("ORM101", "", False)
    assert "each part of the union" in hint.message


SCRIPT = """
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from django.contrib.auth.models import Permission
from django.core.management import call_command
import orm_insight
call_command("migrate", verbosity=0)
with orm_insight.capture() as trace:
    names = [permission.content_type.name for permission in Permission.objects.order_by("pk")]
print(len(trace.queries) > 2, [(h.code, h.lookup) for h in trace.report().hints])
"""


@pytest.mark.process
def test_project_that_does_not_list_the_app():
    """A script with settings of its own: nothing recorded would read as nothing wasted."""
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert finished.stdout == "True [('ORM101', 'content_type')]\n", finished.stderr
