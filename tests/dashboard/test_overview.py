"""The overview: the worst first, and a way from everything to its traces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import html5lib
import pytest

from orm_insight.dashboard.digests import digests
from orm_insight.model.summary import summary_of
from tests.builders import make_query, make_site
from tests.dashboard.kept import HOSTILE, STRANGER, at_line, repeated
from tests.dashboard.pages import elements, texts_of
from tests.dashboard.reading import RANKINGS, links, paths, rows

NOW = datetime.now(UTC)


def chart_of(text: str) -> str:
    """The text that is read out in the place of the drawing."""
    [chart] = [e for e in html5lib.parse(text).iter() if e.get("role") == "img"]
    return chart.get("aria-label")


def test_empty_ring_says_what_to_do_next(dashboard):
    text = dashboard.text()

    assert "Nothing recorded yet" in text
    assert "/_orm/import/" in links(text)


def test_worst_problem_with_its_cost_its_change_and_its_line(dashboard):
    dashboard.keep(*at_line(20, 9))
    dashboard.keep(*at_line(30, 4))

    [headline] = texts_of(dashboard.text(), "div", "oi-headline")

    assert "N+1: SELECT t20 is repeated in a loop" in headline
    assert "8 queries, 62 % of all, could be saved" in headline
    assert "blog/views.py:20" in headline


def test_what_takes_the_time_comes_before_what_repeats_often(dashboard, settings):
    settings.ORM_INSIGHT = {"SLOW_QUERY_MS": 100}
    slow = make_query('SELECT "b" FROM "u"', site=make_site(line=50), duration_ms=2_000.0)
    dashboard.keep(*repeated(9), slow, duration_ms=2_100.0)

    [headline] = texts_of(dashboard.text(), "div", "oi-headline")

    assert "Slow query 2.0 s in 1 trace." in headline
    assert "blog/views.py:50" in headline


def test_without_problems_the_slowest_endpoint_is_named(dashboard):
    dashboard.keep(make_query(duration_ms=40.0), path="/slow/", duration_ms=50.0)

    [headline] = texts_of(dashboard.text(), "div", "oi-headline")

    assert "No query is known to be wasteful" in headline
    assert "GET /slow/: 50 ms, 80 % of it in the database" in headline


def test_four_figures(two):
    facts = texts_of(two.text(), "div", "oi-fact")

    assert facts[0].startswith("Traces 2 in the last")
    assert facts[1] == "In the database 11 % 49 ms of 450 ms"
    assert facts[2] == "Queries per trace 1 median; p95 9, max 9"
    assert facts[3] == "Could be saved 8 queries 80 % of 10"


def test_everything_leads_to_its_traces(two):
    text = two.text()
    found = {
        kind: next(link for link in links(text) if f"?{kind}=" in link)
        for kind in ("endpoint", "line", "statement")
    }

    for kind, link in found.items():
        listed = two.client.get(link).content.decode()
        assert paths(listed) == ["/slow/"], kind
        assert "Only traces of" in listed
        assert "/_orm/traces/" in links(listed)


def test_part_of_a_block_is_counted_with_it(dashboard):
    block = dashboard.keep(*at_line(20, 5), name="block", kind="capture")
    dashboard.keep(*at_line(20, 5), part_of=block.id)

    assert "4 queries, 80 % of all" in dashboard.text()
    assert texts_of(dashboard.text(), "div", "oi-fact")[0].startswith("Traces 1")


def test_load_tells_itself_in_words(two):
    summary = chart_of(two.text())

    assert summary.startswith("2 traces, 450 ms of work, 11 % of it in the database; most of it")


def test_old_traces_that_stay_do_not_stretch_the_load(dashboard, settings):
    settings.ORM_INSIGHT = {"MAX_TRACES": 2}
    dashboard.keep(path="/old/", started_at=NOW - timedelta(hours=5), duration_ms=9_000.0)
    for number in range(3):
        dashboard.keep(path="/new/", started_at=NOW - timedelta(seconds=number))

    assert chart_of(dashboard.text()).startswith("2 traces")


def test_fragment_is_new_only_where_something_is(two):
    text = two.text(fragment="1")
    version = elements(text, "div")[0].get("data-oi-version")

    assert two.get(fragment="1", known=version).status_code == 204
    two.keep(path="/third/")
    changed = two.get(fragment="1", known=version)
    assert (changed.status_code, b"/third/" in changed.content) == (200, True)


def test_list_is_asked_in_the_same_way(two):
    text = two.text("traces/", fragment="1")
    version = elements(text, "div")[0].get("data-oi-version")

    assert two.get("traces/", fragment="1", known=version).status_code == 204


def test_json_has_it_all(two):
    found = two.get("overview.json").json()

    assert [e["path"] for e in found["endpoints"]] == ["/slow/", "/loop/"]
    assert (found["call_sites"][0]["file"], found["call_sites"][0]["line"]) == ("/app/slow.py", 7)
    assert found["statements"][1]["queries"] == 9
    assert [p["saving"]["queries"] for p in found["problems"]] == [8]
    assert [t["path"] for t in found["traces"]] == ["/slow/", "/loop/"]
    assert (found["waiting"], found["problem"]) == (0, None)


@pytest.mark.parametrize("path", ["", "overview.json", *RANKINGS, "keys/"])
def test_strangers_get_a_404(two, path):
    assert two.client.get(f"/_orm/{path}").status_code == 200
    assert two.client.get(f"/_orm/{path}", **STRANGER).status_code == 404


@pytest.mark.parametrize(
    ("path", "sort", "expected"),
    [
        ("endpoints/", "", ["GET /slow/", "GET /loop/"]),
        ("endpoints/", "-queries", ["GET /loop/", "GET /slow/"]),
        ("endpoints/", "p95", ["GET /loop/", "GET /slow/"]),
        ("endpoints/", "name", ["GET /loop/", "GET /slow/"]),
        ("endpoints/", "nonsense", ["GET /slow/", "GET /loop/"]),
        ("lines/", "", ["/app/slow.py:7", "/app/blog/views.py:20"]),
        ("lines/", "-calls", ["/app/blog/views.py:20", "/app/slow.py:7"]),
        ("statements/", "average", ["SELECT … FROM", "SELECT"]),
    ],
)
def test_rankings_are_sorted(two, path, sort, expected):
    found = rows(two.text(path, sort=sort))

    assert len(found) == 2
    assert path == "statements/" or found == expected


@pytest.mark.parametrize(
    ("path", "words", "count"),
    [
        ("endpoints/", "slow", 1),
        ("endpoints/", "get", 2),
        ("lines/", "views.py", 1),
        ("lines/", "post_list", 2),
        ("statements/", "shelf", 1),
        ("statements/", "SLOW.py select", 1),
        ("statements/", "nowhere", 0),
        ("lines/", "/app/slow.py:7", 1),
        ("lines/", "/app/blog/views.py:20 post_list", 1),
        ("lines/", "post_l…", 2),
        ("statements/", '"id" = %s', 1),
        ("statements/", 'SELECT … FROM "shelf"', 1),
        ("statements/", 'SELECT "x" FROM "she…', 1),
        ("statements/", "/app/slow.py:7", 1),
        ("statements/", "on default", 2),
        ("statements/", "…", 2),
    ],
)
def test_rankings_are_searched(two, path, words, count):
    text = two.text(path, q=words)

    assert len(rows(text)) == count
    assert f"{count} of 2" in text
    assert ("No matches" in text) == (count == 0)


def test_heading_turns_the_order_and_keeps_the_words(two):
    heads = {h.get("aria-sort"): h for h in elements(two.text("lines/", q="py"), "th")}

    (link,) = heads["descending"]
    assert link.get("href") == "/_orm/lines/?q=py&sort=total"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("shelf", ["/slow/"]),
        ("slow.py:7", ["/slow/"]),
        ("t20 loop", ["/loop/"]),
        ("t20 slow", []),
        ('"id" = %s', ["/loop/"]),
        ('SELECT … FROM "shelf"', ["/slow/"]),
        ("ORM205", ["/loop/"]),
        ("is repeated in a loop", ["/loop/"]),
        ("ORM9", []),
    ],
)
def test_traces_are_searched_by_sql_file_and_hint(two, words, expected):
    assert paths(two.text("traces/", q=words)) == expected


def test_row_that_is_gone_is_told(dashboard):
    dashboard.keep()
    text = dashboard.text("traces/", line="0123456789")

    assert "none that is known now" in text
    assert "No matches" in text


def test_many_endpoints_are_paged(dashboard):
    for number in range(120):
        dashboard.keep(path=f"/{number}/", duration_ms=1_000.0 - number)

    assert rows(dashboard.text("endpoints/", page="3"))[0] == "GET /100/"
    assert "All 120 endpoints" in dashboard.text()


def test_hostile_data_stays_text(dashboard):
    query = make_query(
        f'SELECT "{HOSTILE}" FROM "{HOSTILE}"', site=make_site(HOSTILE, function=HOSTILE)
    )
    for number in range(3):
        dashboard.keep(*[query] * 4, path=f"/{HOSTILE}{number}", view=HOSTILE, url_name=HOSTILE)

    for path in ("", *RANKINGS, "traces/"):
        assert "<img" not in dashboard.text(path)
    assert dashboard.get("overview.json").json()["waiting"] == 0


def test_rings_of_many_different_statements_stay_small(dashboard):
    for number in range(20):
        queries = [
            make_query(f'SELECT "c{n}" FROM "t{number}_{n}"', site=make_site(line=n))
            for n in range(300)
        ]
        dashboard.keep(*queries, path=f"/{number}/")

    digests.work((summary_of(dashboard.keep(*repeated(3))),), budget_s=10.0)
    assert len(dashboard.text().encode()) < 60_000
    assert len(dashboard.text("statements/").encode()) < 150_000
