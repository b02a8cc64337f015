"""Each wasteful page and its repaired twin, over HTTP, on PostgreSQL.

How many queries a page took is read from the ``Server-Timing`` header of the Debug Toolbar.
"""

from __future__ import annotations

import re

import html5lib
import httpx
import psycopg
import pytest

from tests.demo.pages import SQL_TIMING, get
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
