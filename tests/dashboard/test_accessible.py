"""Each page by the rules of axe-core, in both themes, wide and narrow, with real data.

See https://github.com/dequelabs/axe-core
"""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

import orm_insight
from orm_insight import insight
from tests.dashboard.kept import HOSTILE, authors_row_by_row, repeated
from tests.dashboard.reading import path_of
from tests.reports.parts import at
from tests.testapp.factories import make_library

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


@pytest.fixture
def addresses(site):
    """Every page there is."""
    make_library(books=4)
    with orm_insight.capture("authors"):
        authors_row_by_row()
    with orm_insight.capture("authors") as trace:
        authors_row_by_row()
    before = insight.listed()[1].summary.id
    site.keep(*repeated(9), at(20, 300.0), path=f"/{HOSTILE}", error="why", status=500)
    traced = f"traces/{trace.id}/"
    return [
        "",
        "traces/",
        "traces/?q=nothing",
        "problems/",
        "endpoints/",
        "lines/",
        "statements/",
        "recording/",
        "keys/",
        "hints/",
        "hints/ORM101/",
        "import/",
        traced,
        f"{traced}groups/",
        f"{traced}queries/",
        f"{traced}queries/0/",
        path_of(insight.trace(trace.id)),
        f"compare/?before={before}&after={trace.id}",
        "traces/nobody/",
    ]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
def test_no_rule_is_broken(site, addresses, browser, theme, width):
    context = browser.new_context(
        color_scheme=theme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    broken: list[object] = []
    errors: list[str] = []
    try:
        page = context.new_page()
        page.on("console", lambda told: told.type == "error" and errors.append(told.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        for address in addresses:
            page.goto(site.url(address))
            page.evaluate(AXE)
            broken += [
                (address, rule["id"], node["html"][:200], node["failureSummary"][:300])
                for rule in page.evaluate(RUN)
                for node in rule["nodes"][:2]
            ]
    finally:
        context.close()
    assert broken == []
    # Violations of the policy would be here; the browser tells of the one page that is gone.
    assert [error for error in errors if "404" not in error] == []


def test_plan_breaks_no_rule(site, addresses, page):
    page.goto(site.url(next(path for path in addresses if path.endswith("queries/0/"))))
    page.get_by_role("button", name="Explain analyze").click()
    page.wait_for_selector(".oi-plan")
    page.evaluate(AXE)

    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in page.evaluate(RUN)] == []
