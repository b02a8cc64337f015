"""The page of one statement, one call site, one endpoint: all of it above its traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm_insight.model.summary import summary_of
from orm_insight.reports.workload import endpoint_id, id_of
from orm_insight.sql.fingerprint import fingerprint
from tests.builders import STARTED_AT, make_query, make_site
from tests.dashboard.kept import HOSTILE, at_line
from tests.dashboard.pages import texts_of
from tests.dashboard.reading import links, paths
from tests.lines import line_with

LINE = "asks"  # the line that asks
_, NUMBER = line_with(Path(__file__), "# the line that asks")
COLUMNS = ", ".join(f'"book"."column{n}"' for n in range(12))
SQL = f'SELECT {COLUMNS} FROM "book" INNER JOIN "shelf" ON ("a" = "b") WHERE "book"."id" = %s'
SITE = make_site(__file__, NUMBER, function="asks", column=0, end_line=NUMBER, end_column=4)
STATEMENT = id_of(__file__, NUMBER, fingerprint(SQL), "default")
CALL_SITE = id_of(__file__, NUMBER)


def asked(count: int, ms: float):
    return [make_query(SQL, site=SITE, params=(n,), duration_ms=ms + n) for n in range(count)]


@pytest.fixture
def library(dashboard):
    """Two traces with the statement, the slowest query in the older one; and one without it."""
    other = make_query('SELECT "x" FROM "y"', site=SITE, duration_ms=100.0)
    elsewhere = make_query('SELECT "z" FROM "z"', site=make_site(line=5), duration_ms=100.0)
    dashboard.older = dashboard.keep(other, *asked(4, 20.0), path="/old/", url_name="books")
    dashboard.newer = dashboard.keep(*asked(2, 1.0), path="/new/", url_name="books")
    dashboard.keep(elsewhere, path="/other/", url_name="other")
    return dashboard


def facts(text: str) -> list[str]:
    return texts_of(text, "div", "oi-fact")


def test_row_of_a_ranking_leads_to_its_page(library):
    for path, name, id in (
        ("statements/", "statement", STATEMENT),
        ("lines/", "line", CALL_SITE),
        ("endpoints/", "endpoint", endpoint_id(summary_of(library.newer))),
    ):
        assert f"/_orm/traces/?{name}={id}" in links(library.text(path))


def test_statement_with_its_sql_its_source_and_its_sums(library):
    text = library.text("traces/", statement=STATEMENT)

    assert texts_of(text, "h1", "oi-title") == ["SELECT book shelf"]
    assert texts_of(text, "pre", "oi-sql")[0].startswith('SELECT "book"."column0", "book"')
    assert texts_of(text, "span", "oi-tag")[:2] == ["book", "shelf"]
    assert "the line that asks" in texts_of(text, "pre", "oi-source")[0]
    assert texts_of(text, "mark", "oi-mark") == ["LINE"]
    assert facts(text) == [
        "Total 89 ms 31 % of all database time",
        "Calls 6",
        "Average 15 ms",
        "Slowest 23 ms",
        "Traces 2 of 3",
    ]


def test_statement_leads_to_its_slowest_query_and_to_its_call_site(library):
    found = links(library.text("traces/", statement=STATEMENT))

    slowest = f"/_orm/traces/{library.older.id}/queries/4/"
    assert slowest in found
    assert "Explain analyze" in library.client.get(slowest).content.decode()
    assert f"/_orm/traces/?line={CALL_SITE}" in found


def test_each_trace_leads_to_where_the_statement_stands_in_it(library):
    text = library.text("traces/", statement=STATEMENT)
    where = {
        trace.path: next(link for link in links(text) if f"/{trace.id}/queries/?group=" in link)
        for trace in (library.older, library.newer)
    }

    assert paths(text) == ["/new/", "/old/"]
    assert texts_of(text, "span", "oi-found") == [
        "2 calls, 3.0 ms" + "the whole trace",
        "4 calls, 86 ms" + "the whole trace",
    ]
    for path, count in (("/old/", 4), ("/new/", 2)):
        page = library.client.get(where[path]).content.decode()
        assert f"{count} queries of one group" in page
        assert page.count("shelf") >= count
    assert where["/old/"] in links(library.text("traces/", statement=STATEMENT, fragment="1"))


def test_call_site_with_its_statements(library):
    text = library.text("traces/", line=CALL_SITE)

    assert texts_of(text, "h1", "oi-title") == [f"tests/dashboard/test_subjects.py:{NUMBER}"]
    assert "the line that asks" in texts_of(text, "pre", "oi-source")[0]
    assert facts(text)[:2] == ["Total 189 ms 65 % of all database time", "Calls 7"]
    assert texts_of(text, "a", "oi-ranking-link")[0].startswith('SELECT "x" FROM "y"')
    assert f"/_orm/traces/?statement={STATEMENT}" in links(text)
    assert texts_of(text, "span", "oi-found")[1] == (
        "SELECT y: 1 call, 100 ms" + "SELECT book shelf: 4 calls, 86 ms" + "the whole trace"
    )


def test_hints_about_the_line_lead_to_their_pages(library):
    for name, id in (("line", CALL_SITE), ("statement", STATEMENT)):
        text = library.text("traces/", **{name: id})

        assert "Hints about this line" in text
        [hint] = texts_of(text, "li", "oi-problem-line")
        assert "is repeated in a loop" in hint
        [link] = {link for link in links(text) if "/hints/" in link}
        assert library.client.get(link).status_code == 200


def test_line_without_hints_says_so(library):
    text = library.text("traces/", line=id_of("/app/blog/views.py", 5))

    assert "No hints." in text
    assert "/app/blog/views.py" in texts_of(text, "figure", "oi-spot")[0]


def test_endpoint_with_its_times_its_hints_and_its_statements(library):
    library.keep(*at_line(40, 9), path="/loop/", url_name="loop", duration_ms=50.0)
    id = endpoint_id(summary_of(library.newer))

    text = library.text("traces/", endpoint=id)

    assert texts_of(text, "h1", "oi-title") == ["GET books"]
    assert facts(text) == [
        "Calls 2",
        "p50 100 ms",
        "p95 100 ms",
        "In database 94 % 189 ms of 200 ms",
        "Queries/call 3.5",
    ]
    [hint] = texts_of(text, "li", "oi-problem-line")
    assert "in 2 traces" in hint
    assert "t40" not in text
    assert len(texts_of(text, "a", "oi-ranking-link")) == 2
    assert f"/_orm/traces/{library.older.id}/queries/0/" in links(text)


@pytest.mark.parametrize(
    ("name", "noun", "up"),
    [
        ("statement", "statement", "statements"),
        ("line", "call site", "lines"),
        ("endpoint", "endpoint", "endpoints"),
    ],
)
def test_what_is_not_there_any_more_says_so_and_leads_back(library, name, noun, up):
    for id in ("0123456789", HOSTILE.replace("\udc80", ""), "\x00", "…"):
        text = library.text("traces/", **{name: id})

        assert texts_of(text, "h1", "oi-title") == [f"No such {noun}"]
        assert f"No stored trace has this {noun} any more" in text
        assert f"/_orm/{up}/" in links(text)
        assert "<img" not in text


def test_imported_trace_tells_nothing_of_this_project(dashboard):
    dashboard.keep(*asked(2, 1.0), imported_at=STARTED_AT)

    text = dashboard.text("traces/", statement=STATEMENT)

    assert "No such statement" in text
    assert texts_of(text, "pre", "oi-source") == []


def test_statements_of_no_line_have_no_source(dashboard):
    dashboard.keep(make_query('SELECT "a" FROM "b"'), make_query('SELECT "c" FROM "d"'))

    text = dashboard.text("traces/", line=id_of("", 0))

    assert texts_of(text, "h1", "oi-title") == ["outside your code"]
    assert len(texts_of(text, "a", "oi-ranking-link")) == 2
    assert "oi-spot" not in text
    statement = id_of("", 0, fingerprint('SELECT "a" FROM "b"'), "default")
    assert "outside your code" in dashboard.text("traces/", statement=statement)


def test_hostile_statement_stays_text(dashboard):
    sql, site = f'SELECT "{HOSTILE}" FROM "{HOSTILE}"', make_site(HOSTILE, function=HOSTILE)
    others = [make_query(f'SELECT "{n}" FROM "t{n}"', site=site) for n in range(20)]
    facts = {"path": f"/{HOSTILE}", "view": HOSTILE, "url_name": HOSTILE}
    dashboard.keep(make_query(sql, site=site, duration_ms=50.0), *others, **facts)

    for ranking in ("statements/", "lines/", "endpoints/"):
        link = next(link for link in links(dashboard.text(ranking)) if "traces/?" in link)
        response = dashboard.client.get(link)
        assert response.status_code == 200
        assert "No such" not in response.content.decode()
        assert "<img" not in response.content.decode()


def test_call_site_of_many_statements_leads_to_all_of_them(dashboard):
    queries = [make_query(f'SELECT "a" FROM "t{n}"', site=SITE) for n in range(15)]
    dashboard.keep(*queries, make_query(site=make_site()))

    text = dashboard.text("traces/", line=CALL_SITE)

    assert len(texts_of(text, "a", "oi-ranking-link")) == 10
    [link] = [link for link in links(text) if "/statements/?q=" in link]
    assert "All 15 statements" in text
    assert "15 of 16" in dashboard.client.get(link).content.decode()
    assert len(texts_of(text, "span", "oi-found")) == 1
    assert texts_of(text, "span", "oi-found")[0].count("1 call") == 5
