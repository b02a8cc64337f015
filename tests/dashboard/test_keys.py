"""Everything by the keyboard alone."""

from __future__ import annotations

import pytest

import orm_insight
from tests.browser import expect
from tests.testapp.factories import make_library
from tests.testapp.models import Book

FOCUSED = "document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"


@pytest.fixture
def listed(site, page):
    for number in range(3):
        site.keep(path=f"/{number}/")
    page.goto(site.url("traces/"))
    return page


def press(page, *keys: str) -> None:
    """As soon as the page's scripts have run."""
    page.wait_for_selector("html.oi-js")
    for key in keys:
        page.keyboard.press(key)


def test_through_a_list_and_into_a_trace(listed):
    press(listed, "j")
    assert listed.evaluate(FOCUSED) == "GET /2/"
    press(listed, "j", "j", "j", "k")
    assert listed.evaluate(FOCUSED) == "GET /1/"

    press(listed, "Enter")
    expect(listed.locator("h1")).to_have_text("GET /1/")
    press(listed, "u")
    expect(listed.locator("h1")).to_have_text("Traces")


def test_to_the_filter_and_out_of_it(listed):
    press(listed, "/")
    listed.keyboard.type("/1/")
    expect(listed.locator(".oi-trace-path")).to_have_text(["/1/"])
    press(listed, "Escape", "j")
    assert listed.evaluate(FOCUSED) == "GET /1/"


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("o", "Overview"),
        ("p", "Problems"),
        ("e", "Endpoints"),
        ("c", "Call sites"),
        ("s", "Statements"),
        ("r", "Recording"),
        ("t", "Traces"),
    ],
)
def test_to_the_pages(site, page, key, title):
    site.keep()
    page.goto(site.url("keys/"))
    press(page, "g", key)

    expect(page.locator("h1")).to_have_text(title)


def test_a_query_is_opened_and_explained(site, page):
    make_library(books=2)
    with orm_insight.capture("books") as trace:
        list(Book.objects.order_by("title"))
    page.goto(site.url(f"traces/{trace.id}/queries/"))

    press(page, "j", "e")
    expect(page.get_by_role("button", name="Explain analyze")).to_be_visible()
    press(page, "e")

    expect(page.locator(".oi-plan")).to_contain_text("testapp_book")


def test_help_tells_the_keys_and_switches_them_off(listed):
    press(listed, "?")
    help = listed.get_by_role("dialog", name="Keys")
    expect(help).to_be_visible()
    expect(help).to_contain_text("to the filter")
    help.get_by_label("Use these keys").uncheck()
    press(listed, "Escape")
    expect(help).to_be_hidden()

    press(listed, "j")
    assert listed.evaluate("document.activeElement.matches('.oi-trace-link')") is False
    listed.reload()
    press(listed, "j")
    assert listed.evaluate("document.activeElement.matches('.oi-trace-link')") is False


def test_help_is_a_page_without_scripts(site, browser):
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(site.url())
        page.get_by_role("link", name="Keys").click()
        expect(page.locator("h1")).to_have_text("Keys")
        expect(page.locator("main")).to_contain_text("explain the query in focus")
    finally:
        context.close()


def test_keys_with_modifiers_are_the_browsers(listed):
    press(listed, "Control+j")
    assert listed.evaluate("document.activeElement === document.body")
