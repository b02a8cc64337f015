"""The way that a person goes through the demo: from a slow page to its plan, then to the dashboard.

Errors on the browser's console, violations of the strict policy among them, fail the test.
"""

from __future__ import annotations

import re

from tests.browser import expect


def test_walk_from_a_slow_page_to_its_plan_and_to_the_dashboard(demo, page):
    page.goto(f"{demo.url}/")
    problem = page.get_by_role("listitem").filter(has_text="A foreign key in a loop")
    problem.get_by_role("link", name="Wasteful").click()
    subtitle = page.locator("#djdt-OrmInsightPanel small")
    expect(subtitle).to_have_text("51 queries · 1 hint")

    page.get_by_role("link", name="ORM insight").click()
    panel = page.locator("#OrmInsightPanel")
    line = check_groups_by_line(panel)
    check_hint_that_names_the_fix(panel)

    line.get_by_role("button", name="Explain analyze").first.click()
    check_real_plan(page.locator("#djDebugWindow"))

    page.goto(f"{demo.url}/_orm/")
    paths = page.locator(".oi-trace-path")
    expect(paths.nth(0)).to_have_text("/authors-in-a-loop/")
    expect(paths.nth(1)).to_have_text("/")
    paths.nth(0).click()
    expect(page.locator(".oi-hint-title").first).to_contain_text("author")


def check_groups_by_line(panel):
    """Two lines, the one that took longer first; gives the one of the loop, opened."""
    lines = panel.locator(".oi-panel-line")
    expect(lines).to_have_count(2)
    expect(lines.filter(has_text="demo/templates/demo/authors_in_a_loop.html")).to_have_count(1)
    line = lines.filter(has_text="demo/templates/demo/_byline.html:1")
    summary = line.locator("> summary")
    expect(summary).to_contain_text("post.author.name")
    expect(summary.locator(".oi-panel-count")).to_have_text("50")
    if line.get_attribute("open") is None:
        summary.click()
    expect(line.locator(".oi-sql").first).to_contain_text('FROM "blog_author"')
    return line


def check_hint_that_names_the_fix(panel):
    hint = panel.locator(".oi-hint")
    expect(hint).to_have_count(1)
    expect(hint).to_contain_text("ORM101")
    expect(hint.locator(".oi-fix pre")).to_have_text('select_related("author")')
    expect(hint.locator(".oi-spot").first).to_contain_text("demo/pages/relations.py")
    expect(hint.locator(".oi-spot .oi-mark").first).to_have_text("Post.objects.all()")


def check_real_plan(window):
    plan = window.locator(".oi-plan")
    expect(plan).to_contain_text(re.compile(r"(Seq|Index) Scan\s+on blog_author"))
    expect(plan.locator(".oi-c-rows").first).to_be_visible()
    expect(window.locator(".oi-explain")).to_contain_text("Measured plan")
    as_text = window.locator(".oi-raw", has_text="As text")
    as_text.locator("summary").click()
    expect(as_text.locator("pre")).to_contain_text("actual time=")
