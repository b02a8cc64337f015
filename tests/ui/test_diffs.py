"""A fix as a diff of the origin's file: none where the file is not the same, and what is marked."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import Markup

from orm_insight.model.fix import BeforeLoop, Code, Form, Need, objects_of
from orm_insight.model.hint import Hint, Severity
from orm_insight.project.schema import read_schema
from orm_insight.reports.report import Report, analyze
from orm_insight.ui.components import SourceLine
from orm_insight.ui.hints import Diff, diff_of
from orm_insight.ui.source import Sources
from tests.builders import make_site, make_trace
from tests.fixes import make_fix

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
        change=make_fix('select_related("author")', origin),
        site=origin,
        origin=origin,
    )
    return replace(hint, **facts)


OTHER = BeforeLoop(
    how=Form.DICTIONARY, objects=objects_of("Book", "objects"), field="pk", values=Code("ids")
)
NOT_WRITTEN = {
    "advice alone": lambda fix: replace(fix, change=None),
    "before a loop": lambda fix: replace(fix, change=OTHER),
    "in the place of what is there": lambda fix: make_fix("count()", fix.at),
    "no method of a queryset": lambda fix: make_fix("delete()", fix.at),
    "not certain": lambda fix: fix.given(Need.SAME_FOR_ALL, is_known=False),
    "nowhere": lambda fix: replace(fix, at=None),
    "template": lambda fix: replace(fix, at=replace(fix.at, is_template=True)),
}


def report() -> Report:
    return analyze(make_trace(), read_schema())


def diff(hint: Hint) -> Diff | None:
    return diff_of(
        hint.change,
        hint,
        report(),
        Sources(make_trace(started_at=datetime.now(tz=UTC) + timedelta(minutes=1))),
    )


def test_noop_file_that_is_not_there(tmp_path):
    assert diff(hint_at(tmp_path / "gone.py")) is None


def test_noop_file_that_changed_since(module):
    later = (datetime.now(tz=UTC) + timedelta(hours=1)).timestamp()
    os.utime(module, (later, later))

    assert diff(hint_at(module)) is None


@pytest.mark.parametrize("name", NOT_WRITTEN)
def test_noop_fix_that_gives_no_diff(module, name):
    hint = hint_at(module)
    assert diff(replace(hint, change=NOT_WRITTEN[name](hint.change))) is None


def test_noop_another_model(module):
    assert diff(hint_at(module, model="testapp.Person")) is None


@pytest.mark.parametrize("text", ["", "def (", "\x00", CODE.replace("Book", "Person")])
def test_noop_another_text_at_the_place(module, text):
    module.write_text(text)

    assert diff(hint_at(module)) is None


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
