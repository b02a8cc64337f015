"""Each wasteful page and its repaired twin, over HTTP, on PostgreSQL.

How many queries a page took is read from the ``Server-Timing`` header of the Debug Toolbar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import html5lib
import httpx
import psycopg
import pytest

from orm_insight.analysis.detectors import DETECTORS
from tests.demo.running import Demo

FEWER_QUERIES = (
    "authors-in-a-loop",
    "comments-and-tags",
    "two-levels",
    "conversations",
    "jinja-macros",
    "json-api",
    "async-view",
    "generic-list",
    "get-in-a-loop",
    "deferred-field",
    "same-again",
    "raw-sql",
    "writes",
    "filtered-sets",
    "prefetched-again",
    "counted-comments",
    "who-has-written",
    "most-read",
)
ONE_LESS = ("counted-first", "counted-twice", "unused-relations")
LESS_TO_LOAD = ("all-at-once", "far-behind", "long-texts", "counted-by-len", "any-left")
BETTER_PLAN = (
    *("missing-index", "part-of-an-address", "in-any-case", "sorted-for-ten", "wrong-estimate"),
    "slow-report",
)
MOST_QUERIES_OF_A_REPAIRED_PAGE = 3
SQL_TIMING = re.compile(r'SQLPanel_sql_time;dur=([\d.]+);desc="SQL (\d+) quer')


@dataclass
class Page:
    """A page as a browser gets it, and what it cost."""

    content: str
    queries: int
    milliseconds: float


def get(demo: Demo, path: str) -> Page:
    response = httpx.get(f"{demo.url}{path}", timeout=60)
    assert response.status_code == 200
    duration, queries = SQL_TIMING.search(response.headers["server-timing"]).groups()
    return Page(content_of(response), int(queries), float(duration))


def content_of(response: httpx.Response) -> str:
    if response.headers["content-type"].startswith("application/json"):
        return response.text
    return re.search(r'<main id="content">(.*?)</main>', response.text, re.DOTALL)[1]


@pytest.mark.parametrize("slug", FEWER_QUERIES)
def test_repaired_twin_needs_fewer_queries_for_the_same_content(demo, slug):
    wasteful, repaired = get(demo, f"/{slug}/"), get(demo, f"/{slug}/repaired/")

    assert wasteful.queries > 15
    assert repaired.queries <= MOST_QUERIES_OF_A_REPAIRED_PAGE
    if slug == "writes":
        assert without_numbers(wasteful.content) == without_numbers(repaired.content)
    else:
        assert wasteful.content == repaired.content
    assert len(wasteful.content) > 500


@pytest.mark.parametrize("slug", ONE_LESS)
def test_repaired_twin_spares_a_statement_for_the_same_content(demo, slug):
    wasteful, repaired = get(demo, f"/{slug}/"), get(demo, f"/{slug}/repaired/")

    assert wasteful.queries == repaired.queries + 1
    assert wasteful.content == repaired.content


@pytest.mark.parametrize("slug", LESS_TO_LOAD)
def test_repaired_twin_loads_less_for_the_same_content(demo, slug):
    wasteful, repaired = get(demo, f"/{slug}/"), get(demo, f"/{slug}/repaired/")

    assert wasteful.queries == repaired.queries
    assert wasteful.content == repaired.content


def without_numbers(content: str) -> str:
    return re.sub(r"\d+", "", content)


def test_report_is_quicker_for_the_same_content(demo):
    wasteful, repaired = get(demo, "/slow-report/"), get(demo, "/slow-report/repaired/")

    assert wasteful.content == repaired.content
    assert wasteful.queries == repaired.queries == 1
    assert wasteful.milliseconds > 3 * repaired.milliseconds


def test_index_is_used_for_the_same_content(demo):
    wasteful, repaired = get(demo, "/missing-index/"), get(demo, "/missing-index/repaired/")
    with psycopg.connect(demo.database) as connection:
        by_email = plan(connection, "author_email = (SELECT email FROM blog_author WHERE id = 7)")
        by_author = plan(connection, "author_id = 7")

    assert wasteful.content == repaired.content
    assert "Seq Scan on blog_comment" in by_email
    assert "Index Scan on blog_comment_author" in by_author


def plan(connection: psycopg.Connection, condition: str) -> str:
    rows = connection.execute(f"EXPLAIN SELECT * FROM blog_comment WHERE {condition}").fetchall()
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("slug", ["writes", "writes/repaired"])
def test_writing_pages_count_one_view_and_change_nothing_else(demo, slug):
    before = newest_posts(demo)
    get(demo, f"/{slug}/")
    after = newest_posts(demo)

    assert after == [(views + 1, *rest) for views, *rest in before]


def newest_posts(demo: Demo) -> list[tuple[object, ...]]:
    with psycopg.connect(demo.database) as connection:
        return connection.execute(
            "SELECT views, id, title, slug, summary, body, published_at, author_id, category_id "
            "FROM blog_post ORDER BY published_at DESC, id DESC LIMIT 30"
        ).fetchall()


def test_admin_list_and_its_repair(demo):
    with httpx.Client(base_url=demo.url, follow_redirects=True) as client:
        form = client.get("/admin/login/").text
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', form)[1]
        client.post(
            "/admin/login/",
            data={"username": "admin", "password": "admin", "csrfmiddlewaretoken": token},
        )
        wasteful = client.get("/admin/blog/post/")
        repaired = client.get("/admin/blog/repairedpost/")

    many, few = (
        int(SQL_TIMING.search(response.headers["server-timing"])[2])
        for response in (wasteful, repaired)
    )
    assert many > 100
    assert few < 10
    assert columns(wasteful) == columns(repaired)
    assert len(columns(wasteful)) == 100


def columns(response: httpx.Response) -> list[str]:
    return re.findall(r'field-(?:written_by|filed_under)">([^<]+)', response.text)


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
"""Whether it takes the tenth of a second that makes it slow depends on the machine."""


def test_every_code_has_a_page():
    shown = {code for hints in PROMISED.values() for code, _ in hints}
    shown |= {code for hints in PROMISED_IN_DEPTH.values() for code, _ in hints}
    shown |= {*PROMISED_IN_PLAN.values(), *SLOW.values()}

    assert shown == {detector.code for detector in DETECTORS}


@pytest.mark.parametrize("slug", PROMISED)
def test_hints_are_those_that_the_start_page_promises(demo, slug):
    assert hints_of(demo, f"/{slug}/") == PROMISED[slug]
    assert hints_of(demo, f"/{slug}/repaired/") == set()


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


def test_start_page_leads_to_every_page(demo):
    page = httpx.get(f"{demo.url}/").text
    links = set(re.findall(r'class="button (?:wasteful|repaired)" href="([^"]+)"', page))

    slugs = FEWER_QUERIES + ONE_LESS + LESS_TO_LOAD + BETTER_PLAN
    expected = {f"/{slug}/" for slug in slugs} | {f"/{slug}/repaired/" for slug in slugs}
    admin = {"/admin/blog/post/", "/admin/blog/repairedpost/"}
    assert links == expected | admin


@pytest.mark.parametrize("path", ["/", "/authors-in-a-loop/", "/jinja-macros/repaired/"])
def test_pages_are_valid_html_without_inline_scripts_and_styles(demo, path):
    response = httpx.get(f"{demo.url}{path}")
    ours = without_toolbar(response.text)

    html5lib.HTMLParser(strict=True).parse(ours)
    for inline in (" style=", "<style", "<script", " onclick="):
        assert inline not in ours


def without_toolbar(page: str) -> str:
    """The page as the demo wrote it; the toolbar adds itself after the footer."""
    written, footer, _ = page.partition("</footer>")
    head = re.compile(r"<(?:link|script)[^>]*debug_toolbar[^>]*>(?:</script>)?")
    return head.sub("", f"{written}{footer}</body></html>")


def test_static_files_are_served(demo):
    page = httpx.get(f"{demo.url}/").text
    for path in ["/favicon.ico", *re.findall(r'(?:href|src)="(/static/[^"]+)"', page)]:
        assert httpx.get(f"{demo.url}{path}", follow_redirects=True).status_code == 200
