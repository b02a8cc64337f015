"""A fix as a diff of the origin's file: none where the file is not the same, and what is marked."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import Markup

from orm_insight.model.hint import Hint, Severity
from orm_insight.project.schema import read_schema
from orm_insight.reports.report import Report, analyze
from orm_insight.ui.components import SourceLine
from orm_insight.ui.hints import Diff, diff_of
from orm_insight.ui.source import Sources
from tests.builders import make_site, make_trace

BOOKS = "Book.objects.filter(pages__lt=9)"
CODE = f"from library import Book\n\n\ndef run():\n    return {BOOKS}[:9]"


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "views.py"
    path.write_text(CODE)
    return path


def hint_at(path, **facts) -> Hint:
    column = len("    return ")
    origin = make_site(str(path), 5, column=column, end_line=5, end_column=column + len(BOOKS))
    hint = Hint(
        code="ORM101",
        title="",
        message="",
        severity=Severity.HIGH,
        model="testapp.Book",
        lookup="author",
        fix='select_related("author")',
        site=origin,
        origin=origin,
    )
    return replace(hint, **facts)


def report() -> Report:
    return analyze(make_trace(), read_schema())


def diff(hint: Hint) -> Diff | None:
    return diff_of(
        hint, report(), Sources(make_trace(started_at=datetime.now(tz=UTC) + timedelta(minutes=1)))
    )


def test_noop_file_that_is_not_there(tmp_path):
    assert diff(hint_at(tmp_path / "gone.py")) is None


def test_noop_file_that_changed_since(module):
    later = (datetime.now(tz=UTC) + timedelta(hours=1)).timestamp()
    os.utime(module, (later, later))

    assert diff(hint_at(module)) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"fix": ""},
        {"fix": "Book.objects.in_bulk(ids)"},
        {"fix": "select_related('author'"},
        {"fix": "delete()"},
        {"certain": False},
        {"origin": None},
        {"model": "testapp.Person"},
    ],
)
def test_noop_hint_that_gives_no_diff(module, facts):
    assert diff(hint_at(module, **facts)) is None


@pytest.mark.parametrize("text", ["", "def (", "\x00", CODE.replace("Book", "Person")])
def test_noop_another_text_at_the_place(module, text):
    module.write_text(text)

    assert diff(hint_at(module)) is None


def test_noop_template(module):
    origin = replace(hint_at(module).origin, is_template=True)

    assert diff(hint_at(module, origin=origin)) is None


def test_what_is_new_is_marked_and_the_rest_escaped(module):
    module.write_text(f"{CODE}\n")
    found = diff(hint_at(module))

    assert found is not None
    changed = {line.kind: line.markup for line in found.lines if line.kind in ("added", "removed")}
    assert changed["removed"] == "-    return Book.objects.filter(pages__lt=9)[:9]"
    mark = '<mark class="oi-diff-mark">.select_related(&#34;author&#34;)</mark>'
    assert changed["added"] == f"+    return Book.objects.filter(pages__lt=9){mark}[:9]"


def test_lines_are_the_text(module):
    found = diff(hint_at(module))

    assert found is not None
    plain = "".join(f"{Markup(line.markup).striptags()}\n" for line in found.lines if line.markup)
    assert plain.split() == found.text.split()
    assert found.text.count("\\ No newline at end of file\n") == 2
    assert [line.kind for line in found.lines[:3]] == ["file", "file", "hunk"]


def test_excerpt_is_as_long_as_asked_for(module):
    sources = Sources(make_trace(started_at=datetime.now(tz=UTC)))

    lines = sources.excerpt(make_site(str(module), 3), around=1).lines

    assert [line.number for line in lines] == [2, 3, 4]
    assert all(isinstance(line, SourceLine) for line in lines)
