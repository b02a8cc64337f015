"""Takes the pictures of README and docs from the real demo: ``python -m tests.screenshots``."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from tests.browser import Remote, running_browser
from tests.demo.running import Demo, running

FOLDER = Path(__file__).parent.parent / "docs" / "images"
SETTLE_MS = 900


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    # Anew: a demo keeps its traces.
    with running("--reset") as demo, running_browser() as browser:
        visit_pages(demo)
        show_panel(demo, browser)
        show_dashboard(demo, browser)


def visit_pages(demo: Demo) -> None:
    """So that the dashboard has something to tell."""
    start = httpx.get(f"{demo.url}/", timeout=30).text
    for path in sorted(set(re.findall(r'href="(/[a-z-]+/(?:repaired/)?)"', start))):
        if not path.startswith(("/_orm/", "/admin/")):
            httpx.get(f"{demo.url}{path}", timeout=60, follow_redirects=True).raise_for_status()


def show_panel(demo: Demo, browser: Remote) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
    page.goto(f"{demo.url}/two-levels/")
    page.click("#djdt-OrmInsightPanel a")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=FOLDER / "panel.png")
    page.close()


PAGES = {
    "overview": "",
    "traces": "traces/",
    "problems": "problems/",
    "endpoints": "endpoints/",
    "call-sites": "lines/",
    "statements": "statements/",
    "recording": "recording/",
}


def show_dashboard(demo: Demo, browser: Remote) -> None:
    traces = httpx.get(f"{demo.url}/_orm/traces.json").json()["traces"]
    ids = {trace["path"]: trace["id"] for trace in reversed(traces)}
    loop, slow = f"traces/{ids['/conversations/']}/", f"traces/{ids['/slow-report/']}/"
    repaired = ids["/conversations/repaired/"]
    compared = f"compare/?before={ids['/conversations/']}&after={repaired}"
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    for name, path in (PAGES | {"trace": loop, "compare": compared}).items():
        page.goto(f"{demo.url}/_orm/{path}")
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=FOLDER / f"{name}.png")
    page.emulate_media(color_scheme="dark")
    page.goto(f"{demo.url}/_orm/")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=FOLDER / "overview-dark.png")
    page.emulate_media(color_scheme="light")
    show_plan(page, f"{demo.url}/_orm/{slow}queries/0/")
    page.close()


def show_plan(page: Remote, address: str) -> None:
    page.goto(address)
    page.click("text=Explain analyze")
    page.wait_for_selector("text=Measured plan")
    page.wait_for_timeout(SETTLE_MS)
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.screenshot(path=FOLDER / "plan.png")


if __name__ == "__main__":
    main()
