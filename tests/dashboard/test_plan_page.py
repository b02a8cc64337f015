"""The plan of a statement as a page: valid, light, to be read with and without scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection

import orm_insight
from orm_insight.explain.base import Explanation, Outcome
from orm_insight.explanations import KeptExplanation
from orm_insight.model.advice import IndexAdvice, Trial, TrialMethod
from orm_insight.model.plan import Plan
from orm_insight.ui.environment import render
from orm_insight.ui.pages import ExplainFragment
from orm_insight.ui.plan_contexts import TryForm
from orm_insight.ui.plans import explain_result
from tests.browser import expect
from tests.builders import make_finding, make_node, make_plan, make_query
from tests.dashboard.pages import check_html
from tests.ui.test_plans import Links

PARTITIONS = 300
MAX_BYTES = 400_000
LEVELS = 20
SLOW = "md5(md5(md5(md5(body))))"
"""Takes much longer for the large partition than whatever else the machine does meanwhile."""
WIDTH = "document.documentElement.scrollWidth"
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


def whole_plan() -> Plan:
    """Everything that a plan can have."""
    scan = make_node(
        relation=HOSTILE,
        total_ms=90.0,
        raw={"Filter": HOSTILE, HOSTILE: HOSTILE, "Rows Removed by Filter": 9},
        workers=({"Worker Number": 0, "Actual Rows": 1},),
    )
    others = [make_node(relation=f"p{number}", total_ms=0.1) for number in range(30)]
    names = {"Subplan Name": "CTE x", "CTE Name": "x"}
    idle = make_node("CTE Scan", executed=False, self_ms=0.0, raw=names)
    root = make_node("Append", scan, *others, idle, total_ms=95.0)
    findings = (
        make_finding(scan, hint="ORM602", title=HOSTILE, message=HOSTILE, advice=HOSTILE),
        make_finding(root, is_of_plan=True),
    )
    trigger = {"Trigger Name": HOSTILE, "Time": 3.0, "Calls": 2}
    return make_plan(root, findings=findings, jit_ms=5.0, triggers=(trigger,))


def advice(**facts) -> IndexAdvice:
    defaults = {
        "id": "abc",
        "hint": "ORM602",
        "model": "blog.Comment",
        "table": "blog_comment",
        "name": "comment_post_idx",
        "reason": f"An index on post. {HOSTILE}",
        "sql": "CREATE INDEX",
        "meta": 'models.Index(fields=["post"])',
        "meta_imports": "from django.db import models",
        "migration": "operations = []",
    }
    return IndexAdvice(**{**defaults, **facts})


def tried(before: float, after: float) -> Trial:
    index_scan = make_node("Index Scan", relation="t", index="i", total_ms=after)
    return Trial(
        method=TrialMethod.CREATED,
        cost_before=1_000.0,
        cost_after=10.0,
        ms_before=before,
        ms_after=after,
        before=make_plan(make_node(relation="t", total_ms=before)),
        after=make_plan(index_scan),
    )


def fragment(plan: Plan, *advices: IndexAdvice, can_try: bool = True) -> str:
    explanation = Explanation(
        query=make_query(),
        outcome=Outcome.EXPLAINED,
        vendor="postgresql",
        analyzed=True,
        plan=plan,
        text=HOSTILE,
        payload=[HOSTILE],
        advice=advices,
        can_try=can_try,
    )
    earlier = KeptExplanation(
        explanation=replace(explanation, plan=make_plan()), at=datetime(2025, 1, 2, tzinfo=UTC)
    )
    form = TryForm(action="/explain/", token_name="csrfmiddlewaretoken", token="t")
    found = explain_result(explanation, Links(), form=form, kept=[earlier])
    return str(render(ExplainFragment(result=found)))


def test_everything_is_valid_html_and_escaped():
    text = fragment(whole_plan(), advice(), advice(id="x", trial=tried(184.0, 2.0)))

    check_html(text, is_fragment=True)
    assert "<img" not in text
    assert "never executed" in text
    assert "31 more steps, 3.0 ms" in text
    assert "Compared with" in text


def test_index_that_was_not_tried_says_so_and_can_be():
    text = fragment(whole_plan(), advice())

    assert "? not verified" in text
    assert '<button class="oi-button" type="submit" name="try" value="abc">' in text
    assert "in a transaction that is rolled back; writers to the table wait meanwhile" in text


def test_index_cannot_be_tried_where_that_is_not_allowed():
    assert "Try this index" not in fragment(whole_plan(), advice(), can_try=False)


def test_index_that_helps_shows_the_proof():
    text = fragment(whole_plan(), advice(trial=tried(184.0, 2.0)))

    assert "✓ verified" in text
    assert "184 ms → 2.0 ms" in text
    assert "92 times faster" in text
    assert "Without and with the index" in text
    assert "Try this index" not in text


def test_index_that_does_not_help_offers_no_code():
    text = fragment(whole_plan(), advice(trial=tried(184.0, 180.0)))

    assert "✗ does not help" in text
    assert "models.Index" not in text


@pytest.fixture
def partitions(transactional_db):
    """A statement over many partitions, one of them much larger, as one that was captured."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE parts (id int, body text) PARTITION BY RANGE (id)")
        for number in range(PARTITIONS):
            cursor.execute(
                f"CREATE TABLE parts_{number} PARTITION OF parts "
                f"FOR VALUES FROM ({number * 100}) TO ({number * 100 + 100})"
            )
        cursor.execute(
            "INSERT INTO parts SELECT CASE WHEN i < 30000 THEN i ELSE 14200 + i % 100 END, 'x' "
            "FROM generate_series(0, 90000) AS i"
        )
        # Without statistics the plan depends on the server's version; without workers on its load.
        cursor.execute("ANALYZE parts")
        cursor.execute("ALTER TABLE parts_142 SET (parallel_workers = 0)")
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
        page.locator(".oi-strip a").first.click()
        assert page.url.endswith("#q0-s143")
        assert page.get_by_role("button", name="Unfold all").is_hidden()
    finally:
        context.close()


@pytest.mark.postgres
def test_statement_is_compared_with_its_plan_of_before(site, partitions, page):
    explain(page, site, partitions)
    page.get_by_role("button", name="Explain analyze").click()
    expect(page.locator(".oi-comparison")).to_contain_text("steps as before")

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX ON parts ({SLOW})")
        cursor.execute("ANALYZE parts")
    page.get_by_role("button", name="Explain analyze").click()

    compared = page.locator(".oi-comparison[open]")
    expect(compared).to_contain_text("another way")
