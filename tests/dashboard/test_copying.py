"""Texts and links that can be copied and opened from the pages, without scripts."""

from __future__ import annotations

import pytest

import orm_insight
from orm_insight import insight
from orm_insight.model.trace import REDACTED
from tests.builders import make_query, make_site
from tests.dashboard.kept import STRANGER, repeated
from tests.dashboard.pages import elements
from tests.dashboard.reading import markdown_path, path_of
from tests.testapp.factories import make_library
from tests.testapp.models import Book


def copyable(text: str, name: str) -> str | None:
    found = [e for e in elements(text, "pre") if e.get("data-oi-copyable") == name]
    return "".join(found[0].itertext()) if found else None


def edits(text: str) -> dict[str, str]:
    """Links that open an editor: their names, and where they lead."""
    links = (e for e in elements(text, "a") if e.get("class") == "oi-edit")
    return {link.get("aria-label"): link.get("href") for link in links}


@pytest.mark.parametrize("parameters", [{}, {"fragment": "1"}])
def test_statement_with_its_values_is_on_the_page_of_a_query(dashboard, parameters):
    trace = dashboard.keep(make_query('SELECT "a" FROM "b" WHERE "c" = %s', params=("<it's>",)))

    page = dashboard.text(f"traces/{trace.id}/queries/0/", **parameters)

    assert copyable(page, "shell") == 'SELECT "a"\nFROM "b"\nWHERE "c" = \'<it\'\'s>\';'
    assert "Copy for sqlite3" in page


def test_withheld_values_are_not_on_the_page(dashboard):
    trace = dashboard.keep(make_query("SELECT %s", params=(REDACTED,)))

    page = dashboard.text(f"traces/{trace.id}/queries/0/")

    assert "1 value was withheld: fill in on top." in page
    assert copyable(page, "shell").endswith("SELECT :p1;")


def test_reason_why_nothing_runs(dashboard):
    trace = dashboard.keep(make_query("SELECT %s", params=("x" * 100_000,)))

    page = dashboard.text(f"traces/{trace.id}/queries/0/")

    assert copyable(page, "shell") is None
    assert (
        "Not available for sqlite3: with its values, it is longer than 100,000 characters." in page
    )


@pytest.mark.django_db
def test_django_code(dashboard):
    make_library(books=1)
    with orm_insight.capture() as trace:
        Book.objects.get().author.name  # noqa: B018  # loads it
    pk = Book.objects.get().author_id

    page = dashboard.text(f"traces/{trace.id}/queries/1/")

    code = f"from tests.testapp.models import Person\n\nPerson.objects.get(pk={pk})"
    assert copyable(page, "code") == code


def test_without_known_code_there_is_no_button(dashboard):
    trace = dashboard.keep(make_query("SELECT 1"))

    page = dashboard.text(f"traces/{trace.id}/queries/0/")

    assert "Django code" not in page


PLACES = ["", "queries/0/", "groups/", "queries/"]


@pytest.mark.parametrize("path", PLACES)
def test_places_open_the_editor(dashboard, settings, path):
    settings.ORM_INSIGHT = {"EDITOR": "vscode", "EDITOR_PATHS": {"/app": "/home/me/my shop"}}
    trace = dashboard.keep(*repeated(2))

    found = edits(dashboard.text(f"traces/{trace.id}/{path}"))

    assert found["Open /app/blog/views.py:10 in VS Code"] == (
        "vscode://file/home/me/my%20shop/blog/views.py:10:1"
    )


def test_templates_open_too_and_columns_count_from_one(dashboard, settings):
    settings.ORM_INSIGHT = {"EDITOR": "edit://{file}?{line}&{column}"}
    site = make_site("/app/a&b.html", 3, column=4, is_template=True)
    trace = dashboard.keep(make_query(site=site))

    found = edits(dashboard.text(f"traces/{trace.id}/queries/0/"))

    assert found == {"Open /app/a&b.html:3 in your editor": "edit:///app/a%26b.html?3&5"}


def test_without_the_setting_nothing_opens(dashboard):
    trace = dashboard.keep(*repeated(2))

    assert edits(dashboard.text(f"traces/{trace.id}/")) == {}


def test_column_counts_characters_where_the_line_is_shown(dashboard, settings, tmp_path):
    settings.ORM_INSIGHT = {"EDITOR": "vscode"}
    path = tmp_path / "a.py"
    path.write_text("ä€ = call()\n")
    trace = dashboard.keep(make_query(site=make_site(str(path), 1, column=len("ä€ = ".encode()))))

    [url] = edits(dashboard.text(f"traces/{trace.id}/queries/0/")).values()

    assert url.endswith("a.py:1:6")


# -- hints as Markdown ----------------------------------------------------------------------------


def test_hint_as_markdown(dashboard):
    trace = dashboard.keep(*repeated(3))

    response = dashboard.get(markdown_path(trace))

    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    text = response.content.decode()
    assert text.startswith(f"# {insight.report_of(trace).hints[0].code}: ")
    assert "```sql\n" in text


def test_browser_that_opens_it_shows_it(dashboard):
    trace = dashboard.keep(*repeated(3))

    response = dashboard.client.get(
        f"/_orm/{markdown_path(trace)}", headers={"Sec-Fetch-Dest": "document"}
    )

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("page", ["trace", "hint", "problems"])
def test_link_is_where_the_hint_is(dashboard, page):
    trace = dashboard.keep(*repeated(3))
    paths = {"trace": f"traces/{trace.id}/", "hint": path_of(trace), "problems": "problems/"}

    text = dashboard.text(paths[page])

    [link] = [e for e in elements(text, "a") if "data-oi-copy-url" in e.attrib]
    assert link.get("href") == f"/_orm/{markdown_path(trace)}"


def test_gone_hint_and_gone_trace_are_404(dashboard):
    trace = dashboard.keep(*repeated(3))

    assert dashboard.get(f"traces/{trace.id}/hints/0000.md").status_code == 404
    assert dashboard.get("traces/none/hints/0000.md").status_code == 404


def test_stranger_sees_nothing(dashboard):
    trace = dashboard.keep(*repeated(3))

    response = dashboard.client.get(f"/_orm/{markdown_path(trace)}", **STRANGER)

    assert response.status_code == 404
    assert b"ORM" not in response.content
