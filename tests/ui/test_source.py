"""The lines around a call site, with the expression marked."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orm_insight import capture
from orm_insight.project.source_files import MAX_BYTES, SourcesOf
from orm_insight.ui.source import Sources
from tests.builders import make_site, make_trace
from tests.testapp.models import Book

NOW = datetime.now(tz=UTC) + timedelta(hours=1)
CODE = """def view(request):
    title = "ä€𝄞"
    posts = [title, Post.objects.all(), "ü", compute(
        1,
        2,
    )]
    return posts
"""


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "views.py"
    path.write_text(CODE, encoding="utf-8")
    return path


def excerpt(path, line, recorded_at=NOW, **facts):
    return Sources(make_trace(started_at=recorded_at)).excerpt(make_site(str(path), line, **facts))


def marked(found):
    texts = [str(line.markup) for line in found.lines]
    return [
        t.split("<mark", 1)[1].split(">", 1)[1].split("</mark>")[0] for t in texts if "<mark" in t
    ]


def test_expression_is_marked(module):
    found = excerpt(module, 3, column=20, end_line=3, end_column=38)

    assert marked(found) == ["Post.objects.all()"]
    assert [line.number for line in found.lines] == [1, 2, 3, 4, 5]
    assert [line.number for line in found.lines if line.is_site] == [3]
    assert found.notice == ""


def test_columns_count_bytes_of_utf8(tmp_path):
    path = tmp_path / "views.py"
    line = 'x = "ä€𝄞" + call()'
    path.write_text(line, encoding="utf-8")
    column = len('x = "ä€𝄞" + '.encode())

    found = excerpt(path, 1, column=column, end_line=1, end_column=column + len("call()"))

    assert marked(found) == ["call()"]


def test_source_in_another_encoding_is_decoded_first(tmp_path):
    path = tmp_path / "views.py"
    text = '# -*- coding: latin-1 -*-\nx = "ä" + call()\n'
    path.write_bytes(text.encode("latin-1"))
    column = len('x = "ä" + '.encode())

    assert marked(excerpt(path, 2, column=column, end_line=2, end_column=column + 6)) == ["call()"]


def test_expression_over_several_lines(module):
    found = excerpt(module, 3, column=46, end_line=6, end_column=5)

    assert marked(found)[1:] == ["1,", "2,", ")"]
    assert [line.number for line in found.lines if line.is_site] == [3, 4, 5, 6]


def test_without_columns_the_line_is_marked(module):
    assert marked(excerpt(module, 7)) == ["return posts"]


def test_tag_of_a_template_is_found_in_its_line(tmp_path):
    path = tmp_path / "list.html"
    path.write_text("<ul>\n<li>{{ book.title }} by {{ book.author.name }}</li>\n</ul>")

    assert marked(excerpt(path, 2, function="book.author.name", is_template=True)) == [
        "book.author.name"
    ]


def test_only_tag_of_a_line_is_marked_where_the_engine_does_not_tell(tmp_path):
    path = tmp_path / "list.jinja"
    path.write_text("<td>{{ post.category.name }}</td>\n<td>{{ a }}{{ b }}</td>\n")

    assert marked(excerpt(path, 1, function="macro", is_template=True)) == [
        "{{ post.category.name }}"
    ]
    assert marked(excerpt(path, 2, function="macro", is_template=True)) == [
        "&lt;td&gt;{{ a }}{{ b }}&lt;/td&gt;"
    ]


def test_source_is_escaped(tmp_path):
    path = tmp_path / "list.html"
    path.write_text("<script>alert({{ x }})</script>")

    (line,) = excerpt(path, 1, function="x", is_template=True).lines

    assert line.markup == (
        '&lt;script&gt;alert({{ <mark class="oi-mark">x</mark> }})&lt;/script&gt;'
    )


def test_file_that_has_gone(tmp_path):
    found = excerpt(tmp_path / "gone.py", 1)

    assert found.lines == ()
    assert "does not exist any more" in found.notice


def test_file_that_has_become_shorter(module):
    assert "changed since" in excerpt(module, 99).notice


def test_file_that_has_changed_says_so(module):
    recorded_at = datetime.fromtimestamp(module.stat().st_mtime - 60, tz=UTC)

    found = excerpt(module, 3, recorded_at)

    assert found.lines
    assert "changed since" in found.notice


def test_file_that_is_no_utf8(tmp_path):
    path = tmp_path / "views.py"
    path.write_bytes(b"a = 1\nb = '\xff\xfe'\n")

    assert "\N{REPLACEMENT CHARACTER}" in str(excerpt(path, 2).lines[1].markup)


def test_file_that_is_too_large(tmp_path):
    path = tmp_path / "views.py"
    path.write_bytes(b"#" * (MAX_BYTES + 1))

    assert "too large" in excerpt(path, 1).notice


@pytest.mark.parametrize("name", ["<string>", "\0", "/dev/null", "/"])
def test_what_is_no_file(name):
    found = excerpt(name, 1)

    assert found.lines == ()
    assert found.notice


def test_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    assert "not a regular file" in excerpt(tmp_path / "pipe", 1).notice


def test_paths_are_relative_to_the_project(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    sources = Sources(make_trace(started_at=NOW))

    own = sources.place(make_site(str(tmp_path / "blog" / "views.py"), 3))
    library = sources.place(make_site("/venv/lib/site-packages/django/db/models/query.py", 9))

    assert own.location == "blog/views.py:3"
    assert library.location == "django/db/models/query.py:9"


@pytest.mark.django_db
def test_what_was_changed_behind_a_running_server_is_told(module):
    names: dict = {}
    exec(compile("def run(call):\n    return call()\n", str(module), "exec"), names)
    with capture("before") as trace:
        names["run"](Book.objects.count)
    long_ago = trace.finished().started_at + timedelta(hours=2)
    site = make_site(str(module), 3)
    os.utime(module, (NOW.timestamp(), NOW.timestamp()))

    here = replace(trace.finished(), started_at=long_ago)
    assert "restart it" in Sources(here).excerpt(site).notice
    assert Sources(here).unchanged_text(str(module)) is None
    assert SourcesOf(here)(str(module)) is None
    assert SourcesOf(here)(str(module), now=True) == CODE
    assert Sources(replace(here, pid=here.pid + 1)).excerpt(site).notice == ""
    assert Sources(replace(here, host="elsewhere")).excerpt(site).notice == ""
