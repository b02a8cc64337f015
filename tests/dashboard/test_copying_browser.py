"""Copying and opening in a real browser: what is in the clipboard, and what still unfolds."""

from __future__ import annotations

import pytest

from orm_insight import insight
from tests.browser import expect
from tests.builders import make_query
from tests.dashboard.kept import repeated
from tests.dashboard.reading import markdown_path

SQL = 'SELECT "a"\nFROM "b"\nWHERE "c" = \'it\'\'s\';'


@pytest.fixture
def query_url(site):
    statement = 'SELECT "a" FROM "b" WHERE "c" = %s'
    trace = site.keep(make_query(statement, params=("it's",)))
    return site.url(f"traces/{trace.id}/queries/0/")


def clipboard(page) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page.evaluate("navigator.clipboard.readText()")


def test_statement_is_copied_with_its_values(page, query_url):
    page.goto(query_url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    button = page.get_by_role("button", name="Copy for sqlite3")
    button.click()

    # Kept as long as the page is there; the word itself stands for two seconds only.
    expect(button).to_have_attribute("data-oi-label", "Copy for sqlite3")
    assert clipboard(page) == SQL


def test_without_a_clipboard_the_text_is_unfolded_and_chosen(page, query_url):
    page.goto(query_url)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")

    page.get_by_role("button", name="Copy for sqlite3").click()

    expect(page.locator("[data-oi-copyable=shell]")).to_be_visible()
    assert page.evaluate("getSelection().toString()").startswith('SELECT "a"')


def test_without_scripts_the_text_can_be_unfolded(browser, query_url):
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(query_url)
        page.get_by_text("With its values, for sqlite3").click()

        expect(page.locator("[data-oi-copyable=shell]")).to_be_visible()
        expect(page.get_by_role("button", name="Copy for sqlite3")).to_be_hidden()
    finally:
        context.close()


def test_hint_is_copied_as_markdown(site, page):
    trace = site.keep(*repeated(3))
    page.goto(site.url(f"traces/{trace.id}/"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    link = page.locator("[data-oi-copy-url]").first
    link.click()

    expect(link).to_have_attribute("data-oi-label", "Copy as Markdown")
    code = insight.report_of(insight.trace(trace.id)).hints[0].code
    assert clipboard(page).startswith(f"# {code}: ")


def test_without_scripts_the_link_shows_the_markdown(site, browser):
    trace = site.keep(*repeated(3))
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(site.url(f"traces/{trace.id}/"))
        page.locator("[data-oi-copy-url]").first.click()

        expect(page.locator("body")).to_contain_text("# ORM")
        assert page.url == site.url(markdown_path(trace))
    finally:
        context.close()


def test_link_to_the_editor_leaves_the_row_as_it_is(site, page, settings):
    settings.ORM_INSIGHT = {"EDITOR": f"{site.url()}?file={{file}}&line={{line}}"}
    trace = site.keep(*repeated(3))
    page.goto(site.url(f"traces/{trace.id}/"))
    row = page.locator(".oi-queries .oi-row").first

    with page.expect_navigation():
        row.get_by_role("link", name="Open /app/blog/views.py:10 in your editor").click()
    page.go_back()
    assert row.get_attribute("open") is None

    row.locator("summary").first.click(position={"x": 3, "y": 3})
    assert row.get_attribute("open") is not None


def test_keyboard_reaches_the_row_and_then_the_link(site, page, settings):
    settings.ORM_INSIGHT = {"EDITOR": "vscode"}
    trace = site.keep(*repeated(3))
    page.goto(site.url(f"traces/{trace.id}/"))
    row = page.locator(".oi-queries .oi-row").first

    row.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert row.get_attribute("open") is not None
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.className") == "oi-edit"
