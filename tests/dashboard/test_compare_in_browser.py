"""Comparing in a real browser: a page before and after its repair, by one click."""

from __future__ import annotations

import pytest

import orm_insight
from orm_insight import insight
from tests.browser import expect
from tests.builders import make_query, make_site
from tests.dashboard.kept import HOSTILE
from tests.dashboard.reading import WIDEST
from tests.testapp.factories import make_library
from tests.testapp.models import Book

WASTEFUL = """
def titles():
    books = Book.objects.order_by("pk")
    return [(book.title, book.author.name) for book in books]
"""
CHANGED = "Changed 1 Same call site, different SQL."
REPAIRED = WASTEFUL.replace('"pk")', '"pk").select_related("author")')


@pytest.fixture
def run(site, tmp_path):
    """Run code as the contents of one file, and keep what it did under one name."""
    make_library(books=6)
    path = tmp_path / "shelf.py"

    def run_as_file(code: str):
        path.write_text(code)
        names: dict = {"Book": Book}
        exec(compile(code, str(path), "exec"), names)
        with orm_insight.capture("titles") as trace:
            names["titles"]()
        return insight.trace(trace.id)

    return run_as_file


def test_repair_is_compared_with_the_last_by_one_click(site, run, page):
    run(WASTEFUL)
    repaired = run(f"# A comment more.\n{REPAIRED}")
    page.goto(site.url(f"traces/{repaired.id}/"))

    page.get_by_role("link", name="Compare with previous").click()

    verdict = page.locator(".oi-verdict")
    expect(verdict).to_contain_text("6 fewer queries (7 → 1)")
    expect(verdict).to_contain_text("author is no longer loaded once per row")
    expect(page.locator("#gone + .oi-versus-hints")).to_contain_text("ORM101")
    sections = page.locator(".oi-versus-title h2")
    expect(sections).to_have_text(["Removed 1 Only in “Before”.", CHANGED])

    page.get_by_role("link", name="6 before, show them").click()

    expect(page.locator("h1")).to_contain_text("6 queries of one group")
    page.go_back()
    page.get_by_role("link", name="Swap").click()
    expect(verdict).to_contain_text("author is now loaded once per row")


def test_another_trace_is_chosen_without_scripts(site, run, browser):
    first, _, last = run(WASTEFUL), run(REPAIRED), run(REPAIRED)
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(site.url(f"traces/{last.id}/"))
        page.get_by_role("link", name="Compare with previous").click()
        expect(page.locator(".oi-verdict")).to_contain_text("The same queries")

        page.get_by_label("Compare with").select_option(first.id)
        page.get_by_role("button", name="Compare").click()

        expect(page.locator(".oi-verdict")).to_contain_text("6 fewer queries (7 → 1)")
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_narrow_screen(site, run, browser, scheme):
    first, last = run(WASTEFUL), run(REPAIRED)
    run(REPAIRED)
    long = "a" * 300
    spot = make_site(f"/app/{long}.py", 7, function=long)
    hostile = site.keep(make_query(HOSTILE, site=spot), path=f"/{long}", name=HOSTILE)
    other = site.keep(make_query(f'SELECT "{long}"', site=spot), path=f"/{long}/2", name=long)
    context = browser.new_context(
        viewport={"width": 360, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        page = context.new_page()
        for path in (
            f"compare/?before={first.id}&after={last.id}",
            f"compare/?before={hostile.id}&after={other.id}",
            f"compare/?before=gone&after={other.id}",
            f"traces/{last.id}/",
        ):
            page.goto(site.url(path))
            for details in page.locator(".oi-unchanged summary").all():
                details.click()
            assert page.evaluate(WIDEST) <= 360, path
    finally:
        context.close()
