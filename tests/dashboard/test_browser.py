"""The dashboard in a real browser, under its strict policy: a violation fails the test."""

from __future__ import annotations

from dataclasses import replace

import pytest

import orm_insight
from orm_insight import insight
from tests.browser import expect
from tests.builders import make_query, make_site
from tests.dashboard.kept import HOSTILE, at_line, authors_row_by_row, repeated
from tests.dashboard.reading import WIDEST, path_of
from tests.testapp.factories import make_library
from tests.testapp.models import Book


@pytest.fixture
def captured(site):
    """The path of a real query on the default database."""
    make_library(books=3)
    with orm_insight.capture("books") as trace:
        list(Book.objects.order_by("title"))
    return f"traces/{trace.id}/"


def test_explain_analyze_by_one_click(site, captured, page):
    page.goto(site.url(f"{captured}queries/0/"))
    page.evaluate("window.isSamePage = true")

    page.get_by_role("button", name="Explain analyze").click()

    expect(page.locator(".oi-plan")).to_contain_text("testapp_book")
    assert page.evaluate("window.isSamePage")
    assert page.get_by_role("button", name="Explain analyze").is_enabled()


@pytest.mark.postgres
def test_plan_tells_rows_and_loops(site, captured, page):
    page.goto(site.url(f"{captured}queries/0/"))

    page.get_by_role("button", name="Explain analyze").click()

    expect(page.locator(".oi-explain")).to_contain_text("Measured plan")
    scan = page.locator(".oi-step-line", has_text="Seq Scan")
    expect(scan.locator(".oi-c-rows")).to_have_text("3")
    expect(scan.locator(".oi-c-loops")).to_have_text("1")


def test_explain_inside_an_opened_row(site, captured, page):
    page.goto(site.url(captured))
    row = page.locator(".oi-queries .oi-row").first

    row.locator("summary").first.click()
    row.get_by_role("button", name="Explain", exact=True).click()

    expect(row.locator(".oi-plan")).to_contain_text("testapp_book")


def test_plan_is_copied(site, captured, page):
    page.goto(site.url(f"{captured}queries/0/"))
    page.get_by_role("button", name="Explain", exact=True).click()
    page.get_by_text("As text").click()

    button = page.get_by_role("button", name="Copy the plan as text")
    button.click()

    expect(button).to_have_text("Copied")


def test_without_scripts_everything_can_be_read_and_explained(site, captured, browser):
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(site.url(captured))
        page.locator(".oi-queries .oi-row summary").first.click()
        page.locator(".oi-queries .oi-row-links a").first.click()
        page.get_by_role("button", name="Explain analyze").click()

        expect(page.locator(".oi-plan")).to_contain_text("testapp_book")
        expect(page.locator("h1")).to_have_text("Query 0")
        assert page.locator(".oi-copy").first.is_hidden()
    finally:
        context.close()


def test_more_rows_are_loaded_in_place(site, page):
    trace = site.keep(*repeated(350))
    page.goto(site.url(f"traces/{trace.id}/"))
    rows = page.locator(".oi-queries tbody tr:not(.oi-more-row)")
    assert rows.count() == 100

    page.get_by_role("link", name="Show 100 more of 250").click()
    expect(rows).to_have_count(200)
    page.get_by_role("link", name="Show 100 more of 150").click()

    expect(rows).to_have_count(300)


def test_waterfall_is_unfolded_by_keyboard(site, page):
    queries = [
        make_query(f"SELECT {n % 2}", site=make_site(line=n % 2 + 1), started_ms=n * 2.0)
        for n in range(20)
    ]
    trace = site.keep(*queries, make_query("SELECT 9", started_ms=90.0))
    page.goto(site.url(f"traces/{trace.id}/"))
    rows = page.locator(".oi-flow details")
    expect(rows).to_have_count(2)

    rows.nth(0).locator("summary").focus()
    page.keyboard.press("Enter")
    expect(rows.nth(0).locator("tbody tr")).to_have_count(2)
    rows.nth(1).locator("summary").focus()
    page.keyboard.press("Enter")

    expect(rows.nth(1)).to_contain_text("Issued by")


def test_drawing_of_a_waterfall_stays_inside_its_column(site, page):
    trace = site.keep(make_query(started_ms=90.0, duration_ms=400.0), duration_ms=100.0)
    page.goto(site.url(f"traces/{trace.id}/"))

    column = page.locator(".oi-flow-row .oi-flow-bar").first.bounding_box()
    drawn = page.locator(".oi-flow-statement").bounding_box()

    assert column["x"] < drawn["x"]
    assert drawn["x"] + drawn["width"] <= column["x"] + column["width"] + 1
    assert drawn["width"] > column["width"] / 2


def test_links_to_sections_leave_their_headings_in_sight(site, page):
    trace = site.keep(*repeated(150))
    page.goto(site.url(f"traces/{trace.id}/"))

    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Queries").click()

    links = page.locator(".oi-sections").bounding_box()
    heading = page.locator("#queries").bounding_box()
    assert heading["y"] >= links["y"] + links["height"]


def test_list_is_filtered_while_typing(site, page):
    site.keep(path="/a/")
    site.keep(path="/b/")
    page.goto(site.url("traces/"))

    page.get_by_label("Filter").press_sequentially("/a/")

    expect(page.locator(".oi-trace-path")).to_have_text(["/a/"])
    assert page.url.endswith("?q=%2Fa%2F")
    page.reload()
    expect(page.locator(".oi-trace-path")).to_have_text(["/a/"])


def test_problem_leads_to_the_hint_of_a_trace_and_back(site, page):
    lines = [at_line(number, 2 + number) for number in range(2, 8)]
    site.keep(*(query for line in lines for query in line))
    page.goto(site.url("problems/"))
    last = page.locator(".oi-hint").last
    expect(last).not_to_have_attribute("open", "")

    last.locator("summary").click()
    last.locator(".oi-seen a").click()

    card = page.locator(".oi-hint").last
    expect(card).to_have_attribute("open", "")
    expect(card.locator("summary")).to_be_in_viewport()
    card.get_by_role("link", name="This problem in all traces").click()
    expect(page.locator("h1")).to_have_text("Problems")
    expect(page.locator(".oi-hint").last).to_have_attribute("open", "")


def test_hint_with_its_diff_is_reached_and_explained(site, page):
    make_library(books=4)
    with orm_insight.capture("authors") as trace:
        authors_row_by_row()
    page.goto(site.url(f"traces/{trace.id}/"))

    page.get_by_role("link", name="Diff and details").click()

    expect(page.locator("h1")).to_have_text("N+1: author is loaded once per row of testapp.Book")
    added = page.locator(".oi-diff-added")
    expect(added).to_have_text('+    books = Book.objects.order_by("pk").select_related("author")')
    button = page.get_by_role("button", name="Copy the diff")
    button.click()
    expect(button).to_have_text("Copied")
    page.get_by_role("button", name="Explain analyze").click()
    expect(page.locator(".oi-plan")).to_contain_text("testapp_person")
    page.get_by_role("link", name="About ORM101").click()
    expect(page.locator("h1")).to_contain_text("ORM101: ")


def test_theme_is_remembered(site, page):
    page.goto(site.url())
    page.get_by_role("button", name="Theme: auto").click()
    page.get_by_role("button", name="Theme: light").click()

    page.reload()

    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert max(map(int, dark.removeprefix("rgb(").removesuffix(")").split(","))) < 60


def test_server_that_has_gone_is_a_message(site, captured, page):
    page.goto(site.url(f"{captured}queries/0/"))
    page.route("**/explain/**", lambda route: route.abort())

    page.get_by_role("button", name="Explain analyze").click()

    expect(page.locator(".oi-explain-slot .oi-notice")).to_contain_text("could not be loaded")
    assert "Failed to load resource" in page.errors.pop()


def test_trace_that_expired_meanwhile_is_a_message(site, captured, page):
    page.goto(site.url(f"{captured}queries/0/"))
    insight.clear()

    page.get_by_role("button", name="Explain analyze").click()

    expect(page.locator(".oi-explain-slot")).to_contain_text("no trace with this id")
    assert "404" in page.errors.pop()


@pytest.mark.parametrize("width", [360, 1400, 2560])
def test_hostile_data_runs_nothing_and_breaks_no_layout(site, page, width):
    query = make_query(
        f"SELECT '{HOSTILE * 20}' {'x' * 3000}",
        params=(HOSTILE * 50, "y" * 3000),
        error=HOSTILE * 5,
        site=make_site("/" + "deep/" * 60 + HOSTILE, function="f" * 400),
    )
    fine = [replace(query, error=None, params=(HOSTILE, number)) for number in range(3)]
    trace = site.keep(
        *[query] * 4, *fine, path="/" + "z" * 500 + HOSTILE, view="v" * 300, error=HOSTILE
    )
    page.set_viewport_size({"width": width, "height": 900})
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))

    traced = f"traces/{trace.id}/"
    whole = ("", "traces/", "endpoints/", "lines/", "statements/", "keys/", "problems/")
    for path in (*whole, traced, f"{traced}queries/0/", path_of(trace), "hints/ORM201/"):
        page.goto(site.url(path))
        for summary in page.locator("summary").all()[:3]:
            summary.click()
        assert page.evaluate(WIDEST) <= width, path

    assert dialogs == []


def test_numbers_and_times_are_told_in_the_browsers_way(site, browser):
    site.keep(*repeated(1_234, duration_ms=0.5), duration_ms=2_400.0, path="/a/")
    context = browser.new_context(locale="de-DE", timezone_id="Asia/Tokyo")
    try:
        page = context.new_page()
        page.goto(site.url("traces/"))
        row = page.locator(".oi-traces tbody tr")
        expect(row.locator("[data-oi-label=Queries]")).to_have_text("1.234")
        expect(row.locator("[data-oi-label=Total]")).to_have_text("2,4 s")
        when = row.locator("time")
        moment = page.evaluate(
            "iso => new Date(iso).toLocaleTimeString('de-DE', {timeZone: 'Asia/Tokyo'})",
            when.get_attribute("datetime"),
        )
        assert moment in when.get_attribute("title")
    finally:
        context.close()
