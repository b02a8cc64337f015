"""Takes the pictures of the README from the real demo: ``python -m tests.screenshots``."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.browser import Remote, running_browser
from tests.demo.running import Demo, running

FOLDER = Path(__file__).parent.parent / "docs" / "images"
SETTLE_MS = 900


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with running() as demo, running_browser() as browser:
        visit_pages(demo)
        show_panel(demo, browser)
        show_dashboard(demo, browser)


def visit_pages(demo: Demo) -> None:
    """So that the dashboard has something to list."""
    for slug in ("async-view", "raw-sql", "get-in-a-loop", "comments-and-tags", "slow-report"):
        httpx.get(f"{demo.url}/{slug}/", timeout=30).raise_for_status()
    httpx.get(f"{demo.url}/comments-and-tags/repaired/", timeout=30).raise_for_status()


def show_panel(demo: Demo, browser: Remote) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
    page.goto(f"{demo.url}/two-levels/")
    page.click("#djdt-OrmInsightPanel a")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=FOLDER / "panel.png")
    page.close()


def show_dashboard(demo: Demo, browser: Remote) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 620}, color_scheme="light")
    page.goto(f"{demo.url}/_orm/")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=FOLDER / "traces.png")
    traces = httpx.get(f"{demo.url}/_orm/traces.json").json()["traces"]
    slow = next(trace["id"] for trace in traces if trace["path"] == "/slow-report/")
    page.goto(f"{demo.url}/_orm/traces/{slow}/queries/0/")
    page.click("text=Explain analyze")
    page.wait_for_selector("text=Measured plan")
    page.wait_for_timeout(SETTLE_MS)
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.screenshot(path=FOLDER / "plan.png")
    page.close()


if __name__ == "__main__":
    main()
