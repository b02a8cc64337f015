"""The dashboard says of each page what the demo's start page promises."""

from __future__ import annotations

import re

import httpx
import pytest

from orm_insight.model.catalogue import RULES
from tests.demo.pages import get
from tests.demo.running import Demo

PROMISED = {
    "authors-in-a-loop": {("ORM101", "author")},
    "comments-and-tags": {("ORM102", "tags"), ("ORM102", "comments")},
    "two-levels": {("ORM101", "author__profile")},
    "conversations": {("ORM101", "comments__author")},
    "jinja-macros": {("ORM101", "category")},
    "json-api": {("ORM101", "author"), ("ORM102", "tags")},
    "async-view": {("ORM102", "tags")},
    "generic-list": {("ORM101", "category")},
    "get-in-a-loop": {("ORM204", "pk")},
    "deferred-field": {("ORM106", "summary")},
    "same-again": {("ORM501", None)},
    "raw-sql": {("ORM205", None)},
    "writes": {("ORM205", None)},
    "filtered-sets": {("ORM103", "comments")},
    "prefetched-again": {("ORM104", "tags")},
    "counted-comments": {("ORM201", "comments")},
    "who-has-written": {("ORM202", "posts")},
    "most-read": {("ORM203", "posts")},
    "counted-first": {("ORM305", None)},
    "counted-twice": {("ORM502", None)},
    "all-at-once": {("ORM302", None)},
    "far-behind": {("ORM306", None)},
}
PROMISED_IN_DEPTH = {
    "unused-relations": {("ORM105", "comments")},
    "long-texts": {("ORM301", "body"), ("ORM301", "summary")},
    "counted-by-len": {("ORM303", None)},
    "any-left": {("ORM304", None)},
}
PROMISED_IN_PLAN = {
    "missing-index": "ORM602",
    "part-of-an-address": "ORM603",
    "sorted-for-ten": "ORM604",
    "wrong-estimate": "ORM605",
    "in-any-case": "ORM606",
}
SLOW = {"slow-report": "ORM601"}
"""The machine decides whether it takes the tenth of a second that makes it slow."""
BUSY = {("ORM601", None)}
"""So it does for every other page: some count the comments of all posts."""


def test_every_code_has_a_page():
    shown = {code for hints in PROMISED.values() for code, _ in hints}
    shown |= {code for hints in PROMISED_IN_DEPTH.values() for code, _ in hints}
    shown |= {*PROMISED_IN_PLAN.values(), *SLOW.values()}

    assert shown == set(RULES)


@pytest.mark.parametrize("slug", PROMISED)
def test_hints_are_those_that_the_start_page_promises(demo, slug):
    assert hints_of(demo, f"/{slug}/") - BUSY == PROMISED[slug]
    assert hints_of(demo, f"/{slug}/repaired/") - BUSY == set()


@pytest.mark.parametrize("slug", PROMISED_IN_DEPTH)
def test_hints_of_a_recording_in_depth(demo, slug):
    for path, promised in ((f"/{slug}/", PROMISED_IN_DEPTH[slug]), (f"/{slug}/repaired/", set())):
        assert hints_of(demo, path) == set()
        ask_for_depth(demo, path)
        assert hints_of(demo, path) == promised


@pytest.mark.parametrize("slug", PROMISED_IN_PLAN)
def test_hints_of_a_plan(demo, slug):
    wasteful, repaired = get(demo, f"/{slug}/"), get(demo, f"/{slug}/repaired/")
    assert wasteful.content == repaired.content
    assert PROMISED_IN_PLAN[slug] in hints_of_plans(demo, f"/{slug}/")
    assert hints_of_plans(demo, f"/{slug}/repaired/") == set()


def hints_of_plans(demo: Demo, path: str) -> set[str]:
    """The codes that explaining each query of the newest request of `path` leads to."""
    assert {code for code, _ in hints_of(demo, path)} <= {"ORM601"}
    page = f"{demo.url}/_orm/traces/{newest_trace(demo, path)}"
    with httpx.Client(timeout=60) as client:
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', client.get(f"{page}/").text)[1]
        form = {"csrfmiddlewaretoken": token, "analyze": "1"}
        for query in client.get(f"{page}.json").json()["queries"]:
            explain = f"{page}/queries/{query['index']}/explain/"
            assert client.post(explain, data=form).status_code == 200
        return {hint["code"] for hint in client.get(f"{page}.json").json()["hints"]}


def ask_for_depth(demo: Demo, path: str) -> None:
    """Press the button on the page of the newest trace of `path`."""
    page = f"{demo.url}/_orm/traces/{newest_trace(demo, path)}/"
    with httpx.Client() as client:
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', client.get(page).text)[1]
        form = {"csrfmiddlewaretoken": token}
        assert client.post(f"{page}deep/", data=form).status_code == 303


def hints_of(demo: Demo, path: str) -> set[tuple[str, str | None]]:
    """Code and lookup of each hint that the dashboard has for the newest request of `path`."""
    get(demo, path)
    report = httpx.get(f"{demo.url}/_orm/traces/{newest_trace(demo, path)}.json").json()
    return {(hint["code"], hint["lookup"]) for hint in report["hints"]}


def newest_trace(demo: Demo, path: str) -> str:
    traces = httpx.get(f"{demo.url}/_orm/traces.json").json()["traces"]
    return next(trace["id"] for trace in traces if trace["path"] == path)


def test_start_page_shows_the_codes(demo):
    page = httpx.get(f"{demo.url}/").text
    shown = re.findall(r'<span class="code">([^<]+)</span>', page)

    every = [*PROMISED.values(), *PROMISED_IN_DEPTH.values()]
    promised = [", ".join(sorted({code for code, _ in hints})) for hints in every]
    promised += [*PROMISED_IN_PLAN.values(), *SLOW.values()]
    assert sorted([*shown]) == sorted([*filter(None, promised), "ORM101"])  # the admin's
