"""New traces appear by themselves, and never under the eyes of somebody who reads."""

from __future__ import annotations

import re

import pytest

from orm_insight import insight
from tests.browser import expect

HIDE = """hidden => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def listed(site, page):
    """The list of two traces, open."""
    for number in range(2):
        site.keep(path=f"/old-{number}/")
    page.goto(site.url("traces/"))
    return page


def paths(page):
    return page.locator(".oi-traces .oi-trace-path")


def test_new_traces_appear(site, listed):
    site.keep(path="/new/")

    expect(paths(listed)).to_have_text(["/new/", "/old-1/", "/old-0/"])
    expect(listed.locator("tr.oi-fresh .oi-trace-path")).to_have_text(["/new/"])
    assert listed.title() == "Traces · ORM insight"


def test_overview_follows(site, page):
    site.keep(path="/old/")
    page.goto(site.url())
    site.keep(path="/new/")

    expect(page.locator(".oi-newest .oi-trace-path")).to_have_text(["/new/", "/old/"])
    expect(page.locator(".oi-fact").first).to_contain_text("2")


def test_what_is_read_stays_and_a_button_tells(site, listed):
    listed.locator(".oi-trace-link").first.focus()
    site.keep(path="/new/")

    button = listed.get_by_role("button", name="1 new: show")
    expect(button).to_be_visible()
    expect(paths(listed)).to_have_text(["/old-1/", "/old-0/"])
    assert listed.title() == "(1) Traces · ORM insight"

    button.click()
    expect(paths(listed)).to_have_text(["/new/", "/old-1/", "/old-0/"])
    expect(button).to_be_hidden()
    assert listed.title() == "Traces · ORM insight"


def test_who_has_scrolled_down_is_not_moved(site, listed):
    for number in range(60):
        site.keep(path=f"/{number}/")
    listed.goto(site.url("traces/"))
    listed.evaluate("scrollTo(0, 900)")
    before = listed.locator("#t-" + insight.listed()[20].summary.id).bounding_box()
    site.keep(path="/new/")

    expect(listed.get_by_role("button", name="1 new: show")).to_be_visible()
    assert listed.locator("#t-" + insight.listed()[21].summary.id).bounding_box() == before


def test_switched_off_and_remembered(site, listed):
    toggle = listed.get_by_role("button", name="Live")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")

    asked = []
    listed.on("request", lambda request: asked.append(request.url))
    listed.wait_for_timeout(2_500)
    assert asked == []

    listed.reload()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    toggle.click()
    site.keep(path="/new/")
    expect(paths(listed).first).to_have_text("/new/")


def test_nothing_is_asked_while_hidden(site, listed):
    listed.evaluate(HIDE, True)  # noqa: FBT003  # an argument of the page's function
    asked = []
    listed.on("request", lambda request: asked.append(request.url))
    site.keep(path="/new/")
    listed.wait_for_timeout(2_500)
    # The browser itself may want its icon, whenever it likes.
    assert [url for url in asked if "favicon" not in url] == []

    listed.evaluate(HIDE, False)  # noqa: FBT003
    expect(paths(listed).first).to_have_text("/new/")


def test_unchanged_list_costs_an_empty_answer(site, listed):
    with listed.expect_response(re.compile("known=")) as answered:
        pass
    assert answered.value.status == 204


def test_filter_holds_for_what_is_new(site, listed):
    listed.get_by_label("Filter").fill("old")
    expect(paths(listed)).to_have_text(["/old-1/", "/old-0/"])
    site.keep(path="/new/")
    site.keep(path="/old-2/")

    expect(paths(listed)).to_have_text(["/old-2/", "/old-1/", "/old-0/"])


def test_trace_that_made_room_is_told_when_it_is_opened(site, listed):
    insight.clear()
    listed.locator(".oi-trace-link").first.click()

    expect(listed.locator("h1")).to_have_text("This trace is gone")
    listed.errors.clear()  # the browser tells of the 404
    listed.go_back()
    expect(listed.locator("h1")).to_have_text("Traces")
    listed.go_forward()
    expect(listed.locator("h1")).to_have_text("This trace is gone")
    listed.errors.clear()
