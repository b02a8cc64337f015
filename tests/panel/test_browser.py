"""The panel in a real browser: behind an ASGI server, under a policy without inline anything."""

from __future__ import annotations

import re

import pytest

from tests.browser import expect
from tests.testapp.factories import make_library


@pytest.fixture(params=[True, False], ids=["shadow tree", "no shadow tree"])
def shadow(request, settings, developing):
    settings.DEBUG_TOOLBAR_CONFIG = {"IS_RUNNING_TESTS": False, "USE_SHADOW_DOM": request.param}


@pytest.fixture
def address(live_asgi):
    make_library(books=20)
    return live_asgi.url


STYLED = """link => new Promise(done => {
  const isLoaded = rule => !(rule instanceof CSSImportRule) || rule.styleSheet !== null;
  const look = () => link.sheet && [...link.sheet.cssRules].every(isLoaded)
    ? done(true) : requestAnimationFrame(look);
  setTimeout(() => done(false), 5000);
  look();
})"""


def wait_for_styles(part):
    """The style sheet is loaded, with all that it imports."""
    assert part.locator("link[rel=stylesheet]").evaluate(STYLED)


def open_panel(page):
    page.locator("a.OrmInsightPanel").click()
    panel = page.locator("#OrmInsightPanel .oi-panel")
    expect(panel).to_be_visible()
    wait_for_styles(page.locator("#OrmInsightPanel"))
    expect(page.locator("#djDebug.oi-js")).to_be_attached()  # the script
    return panel


def read_plan(page, text):
    """The toolbar's window, once the plan is there."""
    window = page.locator("#djDebugWindow")
    expect(window.locator(".oi-explain")).to_contain_text(text)
    wait_for_styles(window)
    return window


def style_of(locator, name):
    return locator.evaluate(f"element => getComputedStyle(element).{name}")


def check_that_styles_hold(page, panel):
    """Ours against the toolbar's, which resets every element, and the toolbar's on its own."""
    assert style_of(panel.locator(".oi-hint-title"), "fontSize") == "15px"
    assert style_of(panel.locator(".oi-panel-line .oi-panel-total").first, "textAlign") == "right"
    assert style_of(panel.locator(".oi-table td").first, "paddingTop") == "6px"
    assert style_of(page.locator("#OrmInsightPanel h3"), "fontSize") == "24px"


def test_panel_shows_hint_and_plan(shadow, address, page):
    page.goto(f"{address}/books/")
    expect(page.locator("#djdt-OrmInsightPanel small")).to_have_text("21 queries · 1 hint")

    panel = open_panel(page)

    expect(panel.locator(".oi-fix pre")).to_have_text('select_related("author")')
    expect(panel.locator(".oi-panel-line .oi-path").first).to_contain_text("book_list.html")
    check_that_styles_hold(page, panel)
    panel.get_by_role("button", name="Explain analyze").first.click()
    plan = read_plan(page, "Measured plan")
    expect(plan.locator(".djdt-scroll")).to_be_focused()
    plan.locator(".djDebugClose").click()
    expect(plan).to_be_hidden()
    expect(panel).to_be_visible()


@pytest.mark.postgres
def test_plan_is_walked_in_the_window(shadow, address, page):
    page.goto(f"{address}/books/")
    open_panel(page).get_by_role("button", name="Explain analyze").first.click()
    plan = read_plan(page, "Measured plan")
    focused = plan.locator("summary:focus")

    plan.locator(".oi-strip a").first.click()
    expect(focused).to_be_visible()
    plan.locator(".oi-tree summary").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(plan.locator(".oi-tree .oi-step-line").nth(1)).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")

    expect(focused).to_contain_text("Scan on testapp_")
    assert plan.locator(".djdt-scroll").evaluate("part => part.scrollWidth <= part.clientWidth")


@pytest.mark.parametrize(("theme", "is_dark"), [("light", False), ("dark", True)])
def test_colours_follow_the_theme_of_the_toolbar(theme, is_dark, address, page):
    page.add_init_script(f"localStorage.setItem('djdt.user-theme', '{theme}')")
    page.goto(f"{address}/books/")

    panel = open_panel(page)

    brightness = "Math.max(...getComputedStyle(element).%s.match(/[0-9.]+/g).slice(0, 3))"
    background = panel.locator(".oi-panel-lines").evaluate(
        f"element => {brightness % 'backgroundColor'}"
    )
    text = panel.locator(".oi-hint-message").evaluate(f"element => {brightness % 'color'}")
    assert (background < text) is is_dark


def test_text_is_copied(address, page):
    page.goto(f"{address}/books/")

    panel = open_panel(page)
    panel.get_by_role("button", name="Copy the fix").click()

    expect(panel.locator(".oi-fix button")).to_have_text("Copied")


def test_statement_and_hint_are_copied_in_other_words(shadow, address, page, settings):
    settings.ORM_INSIGHT = {"EDITOR": "vscode"}
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/books/")
    panel = open_panel(page)

    link = panel.locator("[data-oi-copy-url]").first
    link.click()
    expect(link).to_have_attribute("data-oi-label", "Copy as Markdown")
    assert page.evaluate("navigator.clipboard.readText()").startswith("# ORM101: ")

    panel.get_by_role("button", name="Explain", exact=True).first.click()
    window = page.locator("#djDebugWindow")
    button = window.locator("[data-oi-copy=shell]")
    button.click()
    expect(button).to_have_attribute("data-oi-label", re.compile("Copy for "))
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("SELECT ")
    assert copied.endswith(";")
    assert window.locator("a.oi-edit").first.get_attribute("href").startswith("vscode://file/")


def test_history_leads_back_to_an_earlier_request(address, page):
    page.goto(f"{address}/books/")
    page.goto(f"{address}/quiet/")
    expect(page.locator("#djdt-OrmInsightPanel small")).to_have_text("no queries")

    with page.expect_response("**/history.js"):
        page.locator("a.HistoryPanel").click()
    page.locator(".switchHistory").last.click()

    expect(page.locator("#djdt-OrmInsightPanel small")).to_have_text("21 queries · 1 hint")
    expect(open_panel(page).locator(".oi-hint")).to_have_count(1)


def test_panel_rendered_with_the_page_works_the_same(settings, address, page):
    settings.DEBUG_TOOLBAR_CONFIG = {"IS_RUNNING_TESTS": False, "RENDER_PANELS": True}
    page.goto(f"{address}/books/")

    panel = open_panel(page)
    panel.get_by_role("button", name="Explain", exact=True).first.click()

    read_plan(page, "Planned, not executed")


def test_panel_fits_a_narrow_window(address, page):
    page.set_viewport_size({"width": 700, "height": 900})
    page.goto(f"{address}/books/")

    panel = open_panel(page)

    assert panel.evaluate("element => element.scrollWidth <= element.clientWidth")
