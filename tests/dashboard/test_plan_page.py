"""The plan of a statement as a page: valid, light, to be read with and without scripts."""

from __future__ import annotations

import pytest
from django.db import connection

import orm_insight
from tests.browser import expect
from tests.dashboard.pages import check_html
from tests.explain.postgresql.entries import FILL
from tests.pgapp.models import Entry

PARTITIONS = 300
MAX_BYTES = 400_000
LEVELS = 20
SLOW = "md5(md5(md5(md5(body))))"
"""Takes much longer for the large partition than whatever else the machine does meanwhile."""
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture
def partitions(transactional_db):
    """A statement over many partitions, one of them much larger, as one that was captured."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE parts (id int, body text) PARTITION BY RANGE (id)")
        for number in range(PARTITIONS):
            cursor.execute(
                f"CREATE TABLE parts_{number} PARTITION OF parts "
                f"FOR VALUES FROM ({number * 100}) TO ({number * 100 + 100}) "
                # Whether workers pay off depends on the server's version.
                "WITH (parallel_workers = 0)"
            )
        cursor.execute(
            "INSERT INTO parts SELECT CASE WHEN i < 30000 THEN i ELSE 14200 + i % 100 END, 'x' "
            "FROM generate_series(0, 90000) AS i"
        )
        cursor.execute("ANALYZE parts")
        try:
            with orm_insight.capture("parts") as trace:
                cursor.execute(f"SELECT * FROM parts WHERE {SLOW} = 'y'")
            yield trace
        finally:
            cursor.execute("DROP TABLE parts")


@pytest.fixture
def nested(transactional_db):
    """A statement whose plan goes deep."""
    sql = "SELECT * FROM generate_series(1, 2000) AS i"
    for level in range(LEVELS):
        order = "DESC" if level % 2 else "ASC"
        sql = f"SELECT * FROM ({sql}) AS a{level} ORDER BY i {order} LIMIT {1900 - level}"
    with orm_insight.capture("nested") as trace, connection.cursor() as cursor:
        cursor.execute(sql)
    return trace


def explain(page, site, trace):
    page.goto(site.url(f"traces/{trace.id}/queries/0/"))
    page.get_by_role("button", name="Explain analyze").click()
    expect(page.locator(".oi-summary")).to_contain_text(" ms")


@pytest.mark.postgres
def test_plan_of_three_hundred_steps_is_light(dashboard, partitions):
    path = f"traces/{partitions.id}/queries/0/"

    response = dashboard.post(f"{path}explain/?fragment=1", referred_by=path, analyze="1")

    text = response.content.decode()
    check_html(text, is_fragment=True)
    assert text.count('class="oi-step') >= PARTITIONS
    assert len(response.content) < MAX_BYTES
    assert dashboard.get(f"{path}plan.json").json()[0]["Plan"]["Plans"]


@pytest.mark.postgres
@pytest.mark.parametrize("width", [390, 1300])
def test_plan_of_three_hundred_steps_is_read_at_once(site, partitions, page, width):
    page.set_viewport_size({"width": width, "height": 900})

    explain(page, site, partitions)

    lines = page.locator(".oi-tree .oi-step-line")
    assert lines.count() == PARTITIONS + 1
    shown = [line for line in lines.all() if line.is_visible()]
    assert len(shown) <= 8
    expect(page.locator(".oi-step-slowest > details[open]")).to_contain_text("on parts_142")
    expect(page.locator(".oi-group").first).to_contain_text("142 more steps")
    assert page.evaluate(WIDTH) <= width


@pytest.mark.postgres
@pytest.mark.parametrize("width", [390, 1300])
def test_deep_plan_fits(site, nested, page, width):
    page.set_viewport_size({"width": width, "height": 900})

    explain(page, site, nested)
    page.get_by_role("button", name="Unfold all").click()

    lines = page.locator(".oi-tree .oi-step-line")
    assert lines.count() > 2 * LEVELS
    assert page.evaluate(WIDTH) <= width
    assert lines.last.locator(".oi-step-name").bounding_box()["width"] > 120


@pytest.mark.postgres
def test_tree_is_walked_by_arrow_keys(site, partitions, page):
    explain(page, site, partitions)
    root = page.locator(".oi-tree > li > details")
    focused = page.locator(":focus")

    root.locator("> summary").focus()
    page.keyboard.press("ArrowLeft")
    assert root.get_attribute("open") is None
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(focused).to_contain_text("142 more steps")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(focused).to_contain_text("on parts_0")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_contain_text("142 more steps")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".oi-group > details").first).not_to_have_attribute("open", "")
    page.keyboard.press("ArrowDown")
    expect(focused).to_contain_text("on parts_142")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(focused).to_contain_text("Append")


@pytest.mark.postgres
def test_links_lead_to_their_step(site, partitions, page):
    explain(page, site, partitions)
    page.get_by_role("button", name="Unfold all").click()
    page.get_by_role("button", name="Fold all").click()

    page.locator(".oi-strip a").first.click()

    expect(page.locator(":focus")).to_contain_text("on parts_142")
    assert page.locator(":focus").is_visible()


@pytest.mark.postgres
def test_tree_folds_without_scripts(site, partitions, browser):
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        explain(page, site, partitions)
        group = page.locator(".oi-group").first
        step = group.locator(".oi-step-line").first
        assert step.is_hidden()

        group.locator("summary").first.click()
        step.focus()
        page.keyboard.press("Enter")

        assert step.is_visible()
        details = page.locator("#q0-s1 .oi-step-raw")
        details.locator("summary").click()
        expect(details).to_contain_text("Node Type: Seq Scan")
        link = page.locator(".oi-strip a").first
        link.click()
        assert page.url.endswith(link.get_attribute("href"))
        expect(page.locator(link.get_attribute("href"))).to_contain_text("on parts_142")
        assert page.get_by_role("button", name="Unfold all").is_hidden()
    finally:
        context.close()


@pytest.mark.postgres
def test_statement_is_compared_with_its_plan_of_before(site, partitions, page):
    explain(page, site, partitions)
    page.get_by_role("button", name="Explain analyze").click()
    expect(page.locator(".oi-comparison")).to_contain_text("steps unchanged")

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX ON parts ({SLOW})")
        cursor.execute("ANALYZE parts")
    page.get_by_role("button", name="Explain analyze").click()

    compared = page.locator(".oi-comparison[open]")
    expect(compared).to_contain_text("another way")


@pytest.mark.postgres
def test_index_is_tried_by_one_click(site, transactional_db, page):
    with connection.cursor() as cursor:
        cursor.execute(FILL)
    with orm_insight.capture("entries") as trace:
        list(Entry.objects.filter(number=77).order_by("pk"))

    explain(page, site, trace)
    expect(page.locator(".oi-advice")).to_contain_text("? not verified")
    page.get_by_role("button", name="Try this index").click()

    advice = page.locator(".oi-advice")
    expect(advice).to_contain_text("✓ verified")
    expect(advice).to_be_focused()
    expect(advice).to_contain_text("times faster")
    expect(advice.locator("[aria-label='the entry of Meta.indexes']")).to_contain_text('"number"')
    with connection.cursor() as cursor:
        names = connection.introspection.get_constraints(cursor, Entry._meta.db_table)
    assert "entry_number_idx" not in names
