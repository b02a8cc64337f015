"""The page of one hint: gone ones first, then what it shows of real hints and of invented ones."""

from __future__ import annotations

import os
import time
from urllib.parse import quote

import pytest

import orm_insight
from orm_insight import insight
from tests.builders import make_query, make_site
from tests.dashboard.kept import HOSTILE, STRANGER, repeated
from tests.dashboard.pages import elements, texts_of
from tests.dashboard.reading import links, path_of, with_class
from tests.testapp.factories import make_library

CODE = """from tests.testapp.models import Book


def authors():
    books = Book.objects.order_by("title")
    return [book.author.name for book in books]
"""


@pytest.fixture
def module(tmp_path):
    """The file of a function that loads authors row by row."""
    path = tmp_path / "shelf.py"
    path.write_text(CODE)
    return path


@pytest.fixture
def recorded(dashboard, module, db):
    """A trace of the function."""
    make_library(books=4)
    names: dict = {}
    exec(compile(CODE, str(module), "exec"), names)
    old = time.time() - 60
    os.utime(module, (old, old))
    with orm_insight.capture("authors") as trace:
        names["authors"]()
    return insight.trace(trace.id)


@pytest.fixture
def path(recorded):
    return path_of(recorded)


@pytest.mark.parametrize("form", ["/", ".json"])
def test_gone_trace_says_so(dashboard, form):
    response = dashboard.get(f"traces/nothing/hints/0123456789{form}")

    assert response.status_code == 404
    assert "no trace with this id" in response.content.decode()


@pytest.mark.parametrize("problem", ["0123456789", "x", "<b>&'\""])
def test_unknown_hint_says_so(dashboard, problem):
    trace = dashboard.keep(*repeated(3))

    text = dashboard.text(f"traces/{trace.id}/hints/{quote(problem)}/", status=404)

    assert "This trace does not have this hint" in text


def test_silenced_hint_says_by_what(dashboard, settings):
    trace = dashboard.keep(*repeated(3))
    path = path_of(trace)
    assert dashboard.get(path).status_code == 200
    settings.ORM_INSIGHT = {"IGNORE": {"*": ["ORM205"]}}
    insight.keep(trace)

    assert "It is ignored by IGNORE: *" in dashboard.text(path, status=404)


def test_strangers_get_a_404(dashboard, path):
    assert dashboard.client.get(f"/_orm/{path}").status_code == 200
    assert dashboard.client.get(f"/_orm/{path}", **STRANGER).status_code == 404
    assert dashboard.client.get("/_orm/hints/ORM101/", **STRANGER).status_code == 404


def test_sentence_has_the_real_names(dashboard, path, module):
    text = dashboard.text(path)

    [lead] = [p for p in elements(text, "p") if p.get("class") == "oi-lead"]
    assert "".join(lead.itertext()) == (
        f"{module}:6 loads author once per row, for the testapp.Book queryset that {module}:5 "
        "builds: 4 queries where none is needed."
    )


def test_fix_and_diff(dashboard, path, module):
    text = dashboard.text(path)

    copied = [
        "".join(pre.itertext())
        for pre in elements(text, "pre")
        if pre.get("data-oi-copyable") is not None
    ]
    assert copied[0] == 'select_related("author")'
    name = str(module).lstrip("/")
    assert copied[1] == (
        f"--- a/{name}\n+++ b/{name}\n@@ -2,5 +2,5 @@\n \n \n def authors():\n"
        '-    books = Book.objects.order_by("title")\n'
        '+    books = Book.objects.order_by("title").select_related("author")\n'
        "     return [book.author.name for book in books]\n"
    )
    assert [
        mark.text for mark in elements(text, "mark") if mark.get("class") == "oi-diff-mark"
    ] == ['.select_related("author")']


def test_both_lines_with_the_expression_marked(dashboard, path):
    text = dashboard.text(path)

    marks = [mark.text for mark in elements(text, "mark") if mark.get("class") == "oi-mark"]
    assert marks == ['Book.objects.order_by("title")', "book.author"]


def test_changed_file_has_no_diff(dashboard, path, module):
    later = time.time() + 60
    os.utime(module, (later, later))

    text = dashboard.text(path)

    assert "No diff: the file has changed" in text
    assert "oi-diff-line" not in text
    assert dashboard.get(path[:-1] + ".json").json()["diff"] is None


def test_what_it_saves_and_its_statements(dashboard, recorded, path):
    text = dashboard.text(path)

    assert "4 queries" in text
    indexes = [query.index for query in insight.report_of(recorded).hints[0].queries]
    for index in indexes:
        assert f"/_orm/traces/{recorded.id}/queries/{index}/" in links(text)
    [form] = [form for form in elements(text, "form") if "explain" in form.get("action")]
    assert form.get("action") == f"/_orm/traces/{recorded.id}/queries/{indexes[0]}/explain/"


def test_explain_is_not_offered_where_it_is_off(dashboard, recorded, path, settings):
    settings.ORM_INSIGHT = {"EXPLAIN_ENABLED": False}
    insight.keep(recorded)

    assert "Explain analyze" not in dashboard.text(path)


def test_ignore_comment(dashboard, path):
    assert "# orm-insight: ignore[ORM101] reason" in dashboard.text(path)


def test_ignore_comment_of_a_template(dashboard):
    site = make_site("/app/list.html", 3, function="book.author", is_template=True)
    queries = [make_query("SELECT 1 FROM t WHERE a = %s", params=(n,), site=site) for n in range(3)]

    text = dashboard.text(path_of(dashboard.keep(*queries)))

    assert "{# orm-insight: ignore[ORM205] reason #}" in text


def test_hint_without_fix_says_what_to_do(dashboard):
    text = dashboard.text(path_of(dashboard.keep(*repeated(3))))

    assert "One query for all values, before the loop" in text
    assert "Write this" not in text
    assert "No diff" not in text


def test_a_slow_statement_takes_time_and_saves_none_and_its_plan_comes_first(dashboard, settings):
    settings.ORM_INSIGHT = {"SLOW_QUERY_MS": 100}
    trace = dashboard.keep(make_query('SELECT "b" FROM "u"', duration_ms=500.0, site=make_site()))
    text = dashboard.text(path_of(trace))

    titles = texts_of(text, "h2", "oi-section-title")
    assert titles == ["What to do", "Queries 1", "Where", "Ignore this hint"]
    assert "Time taken 500 ms" in " ".join(texts_of(text, "div", "oi-fact"))
    savings = (f"traces/{trace.id}/", "problems/")
    assert [texts_of(dashboard.text(page), "span", "oi-saving") for page in savings] == [
        ["500 ms"],
        ["500 ms"],
    ]


def test_every_further_line_is_shown(dashboard):
    one, other = make_site(line=10), make_site(line=20)
    queries = [make_query("SELECT 1 FROM t", params=(), site=s) for s in (one, other, one)]

    text = dashboard.text(path_of(dashboard.keep(*queries)))

    assert "Other call site" in text
    assert {":10", ":20"} <= set(with_class(text, "oi-line"))


def test_cards_and_problems_lead_here(dashboard, recorded, path):
    assert f"/_orm/{path}" in links(dashboard.text(f"traces/{recorded.id}/"))
    assert f"/_orm/{path}" in links(dashboard.text("problems/"))


def test_diff_is_promised_only_where_there_may_be_one(dashboard, recorded, module):
    pages = (f"traces/{recorded.id}/", "problems/")
    assert all("Diff and details" in dashboard.text(page) for page in pages)
    later = time.time() + 60
    os.utime(module, (later, later))
    assert not any("Diff and details" in dashboard.text(page) for page in pages)
    insight.clear()
    trace = dashboard.keep(*repeated(3))

    for page in (f"traces/{trace.id}/", "problems/"):
        text = dashboard.text(page)
        assert ">Details" in text
        assert "Diff and details" not in text


def test_leads_to_the_documentation(dashboard, path):
    found = links(dashboard.text(path))

    assert "/_orm/hints/ORM101/" in found
    assert any(link.startswith("https://docs.djangoproject.com/") for link in found)


def test_json(dashboard, recorded, path):
    found = dashboard.get(path[:-1] + ".json").json()

    assert (found["version"], found["trace"], found["url"]) == (1, recorded.id, f"/_orm/{path}")
    assert found["code"] == "ORM101"
    assert found["saving"]["queries"] == len(found["queries"]) == 4
    assert found["is_whole"] is True
    assert '+    books = Book.objects.order_by("title").select_related("author")\n' in found["diff"]
    assert found == dashboard.get(path, format="json").json()


def test_page_needs_neither_inline_scripts_nor_styles(dashboard, path):
    for url in (path, "hints/", "hints/ORM101/"):
        response, text = dashboard.get(url), dashboard.text(url)

        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'; ")
        assert "style=" not in text
        assert elements(text, "style") == []
        assert all(script.get("src") for script in elements(text, "script"))


def test_hostile_data_stays_text(dashboard):
    site = make_site(HOSTILE, 1, function=HOSTILE, is_template=True)
    queries = [make_query(f"SELECT '{HOSTILE}' FROM x", params=(n,), site=site) for n in range(3)]
    trace = dashboard.keep(*queries, path=HOSTILE, name=HOSTILE, method="G<T")

    text = dashboard.text(path_of(trace))

    assert "<script>" not in text
    assert "<img" not in text


TWO = CODE.replace("book.author.name", "(book.author.name, book.reviews.count())")


def test_fixes_of_one_queryset_in_one_change(dashboard, module, db):
    make_library(books=4)
    module.write_text(TWO)
    names: dict = {}
    exec(compile(TWO, str(module), "exec"), names)
    old = time.time() - 60
    os.utime(module, (old, old))
    with orm_insight.capture("authors") as trace:
        names["authors"]()
    path = path_of(insight.trace(trace.id))
    both = 'select_related("author").annotate(review_count=Count("reviews", distinct=True))'

    text = dashboard.text(path)
    copied = dashboard.get(f"{path.removesuffix('/')}.md").content.decode()

    assert "All 2 hints of this queryset in one change" in text
    assert both in texts_of(text, "pre", "oi-pre-wrap")
    assert f"All 2 hints of this queryset in one change:\n\n```python\n{both}\n```" in copied
    assert f'+    books = Book.objects.order_by("title").{both}' in copied.rpartition("```diff")[2]
    assert "+    return [(book.author.name, book.review_count) for book in books]" in copied


def test_one_fix_is_not_told_twice(dashboard, path):
    assert "in one change" not in dashboard.text(path)
