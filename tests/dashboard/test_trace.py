"""The page of a trace, its rows, and one query."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from orm_insight.model.trace import DroppedQueries, Transaction
from tests.builders import make_frame, make_query, make_site, make_trace
from tests.dashboard.kept import repeated
from tests.dashboard.pages import elements


def texts(page: str, css: str) -> list[str]:
    return [
        " ".join("".join(element.itertext()).split())
        for tag in ("span", "code", "td", "p", "h1", "a")
        for element in elements(page, tag)
        if css in (element.get("class") or "").split()
    ]


def test_hints_come_first(dashboard):
    trace = dashboard.keep(*repeated(12))

    page = dashboard.text(f"traces/{trace.id}/")

    assert 0 < page.index("oi-hint-title") < page.index("oi-groups") < page.index("oi-queries")
    assert "/_orm/traces/" + trace.id + "/queries/?hint=1" in page


def test_sections_in_order_and_the_links_to_them(dashboard):
    trace = dashboard.keep(*repeated(12))

    page = dashboard.text(f"traces/{trace.id}/")

    headings = [h.get("id") for h in elements(page, "h2")]
    assert headings == ["hints", "waterfall", "groups", "files", "queries"]
    links = [a.get("href") for a in elements(page, "a") if a.get("href").startswith("#")]
    assert links == ["#oi-main", *(f"#{name}" for name in headings)]


def test_a_loop_of_several_statements_is_one_row_that_unfolds(dashboard):
    queries = [
        make_query(f"SELECT {n % 4} FROM t", site=make_site(line=n % 4 + 1), started_ms=n * 2.0)
        for n in range(200)
    ]
    trace = dashboard.keep(*queries, duration_ms=400.0)

    page = dashboard.text(f"traces/{trace.id}/")

    assert texts(page, "oi-flow-title") == ["4 statements, 50 times"]
    assert f"/_orm/traces/{trace.id}/queries/?group=1" in page
    assert "From 0 ms to 399 ms, 199 ms of it between the queries." in page


def test_where_the_time_went_by_file_and_template_line(dashboard):
    site = make_site("/app/page.html", 7, is_template=True)
    trace = dashboard.keep(make_query(site=site, duration_ms=25.0), duration_ms=100.0)

    page = dashboard.text(f"traces/{trace.id}/")

    assert "By line of a template" in page
    assert "Python, templates and waiting" in page
    assert "By line of a template" not in dashboard.text(
        f"traces/{dashboard.keep(make_query()).id}/"
    )


def test_groups_tell_their_share_and_what_is_repeated(dashboard):
    same = make_query(params=(1,), site=make_site(line=3), duration_ms=10)
    trace = dashboard.keep(same, same, same, duration_ms=100)

    page = dashboard.text(f"traces/{trace.id}/")

    assert "2 duplicates" in page
    assert "30 %" in page
    assert "3\N{MULTIPLICATION SIGN} the same" in page


def test_trace_without_queries(dashboard):
    trace = dashboard.keep()

    assert "No queries were executed" in dashboard.text(f"traces/{trace.id}/")


def test_dropped_queries_are_told(dashboard):
    dropped = DroppedQueries(sql="SELECT 1", site=None, alias="default", count=5, total_ms=1)
    trace = dashboard.keep(make_query(), dropped=5, overflow=(dropped,))

    assert "5 queries above the limit" in dashboard.text(f"traces/{trace.id}/")


def test_query_tells_everything(dashboard):
    query = make_query(
        'SELECT * FROM "t" WHERE "a" = %s',
        params=("x",),
        rows=7,
        error="no such table: t",
        in_transaction=True,
        site=make_site(__file__, 1),
        frames=(
            make_frame("/x/site-packages/django/db/models/query.py", 5, is_application=False),
            make_frame(__file__, 1),
        ),
    )
    trace = dashboard.keep(query)

    page = dashboard.text(f"traces/{trace.id}/queries/0/")

    for part in ("no such table: t", "&#39;x&#39;", "tests/dashboard/test_trace.py", "2 frames"):
        assert part in page
    assert "The page of a trace, its rows, and one query" in page
    assert "django/db/models/query.py" in page


def test_neighbours_of_a_query(dashboard):
    trace = dashboard.keep(make_query(), make_query(), make_query())

    page = dashboard.text(f"traces/{trace.id}/queries/1/")

    assert [a.get("href")[-11:] for a in elements(page, "a") if a.get("rel")] == [
        "/queries/0/",
        "/queries/2/",
    ]


def test_fragments_are_parts_of_pages(dashboard):
    trace = dashboard.keep(*repeated(3))

    for path in ("groups/", "queries/", "queries/0/"):
        assert "<html" not in dashboard.text(f"traces/{trace.id}/{path}", fragment="1")
        assert "<html" in dashboard.text(f"traces/{trace.id}/{path}")


def test_queries_of_a_hint_and_of_a_group(dashboard):
    trace = dashboard.keep(make_query("SELECT 1", duration_ms=50), *repeated(3))
    path = f"traces/{trace.id}/queries/"

    assert len(texts(dashboard.text(path), "oi-sql-line")) == 4
    assert len(texts(dashboard.text(path, hint="1"), "oi-sql-line")) == 3
    assert len(texts(dashboard.text(path, group="1"), "oi-sql-line")) == 1
    assert "no group" in dashboard.text(path, group="9", status=404)
    assert "no hint" in dashboard.text(path, hint="0", status=404)


@pytest.mark.parametrize(
    "path",
    ["traces/0123/", "traces/0123/groups/", "traces/0123/queries/", "traces/0123/queries/0/"],
)
def test_trace_that_expired_or_never_was(dashboard, path):
    assert "no trace with this id" in dashboard.text(path, status=404)
    assert "no trace with this id" in dashboard.text(path, status=404, fragment="1")


def test_trace_that_is_gone_as_json(dashboard):
    response = dashboard.get("traces/0123.json")

    assert response.status_code == 404
    assert "no trace with this id" in response.json()["error"]


@pytest.mark.parametrize("index", [2, 10**30])
def test_query_out_of_range(dashboard, index):
    trace = dashboard.keep(make_query(), make_query())

    page = dashboard.text(f"traces/{trace.id}/queries/{index}/", status=404)

    assert "It has 2 queries, 0 to 1" in page


@pytest.mark.parametrize("number", ["abc", "0", "-1", "99", "\N{SUPERSCRIPT TWO}", "9" * 20])
@pytest.mark.parametrize("what", ["hint", "group"])
def test_part_that_is_not_there_is_told_and_leads_back(dashboard, what, number):
    trace = dashboard.keep(make_query(), make_query())
    address = f"traces/{trace.id}/queries/"

    text = dashboard.text(address, status=404, **{what: number})

    assert f"This trace has no {what} with this number." in text
    assert f'href="/_orm/{address}"' in text
    assert dashboard.get(address, fragment="1", **{what: number}).status_code == 404


def test_rows_behind_the_last_lead_to_the_first(dashboard):
    trace = dashboard.keep(make_query(), make_query())
    address = f"traces/{trace.id}/queries/"

    text = dashboard.text(address, offset="99999", group="1")

    assert "There are only 2 queries here." in text
    assert f'href="/_orm/{address}?group=1"' in text


@pytest.mark.parametrize("offset", ["-1", "x", "999999", "\N{SUPERSCRIPT TWO}"])
def test_offsets_that_make_no_sense(dashboard, offset):
    trace = dashboard.keep(make_query())

    dashboard.text(f"traces/{trace.id}/queries/", offset=offset)


def test_json_of_everything(dashboard):
    trace = dashboard.keep(*repeated(3))

    found = dashboard.get(f"traces/{trace.id}.json").json()

    assert found["version"] == 1
    assert len(found["queries"]) == 3
    assert found["hints"]


def test_transactions_are_drawn_and_told(dashboard):
    transaction = Transaction(
        alias="default", started_ms=10.0, duration_ms=40.0, outcome="rolled back", end_ms=1.0
    )
    trace = dashboard.keep(make_query(), transactions=(transaction,))

    found = dashboard.get(f"traces/{trace.id}.json").json()["trace"]["transactions"]
    page = dashboard.text(f"traces/{trace.id}/")

    assert found == [asdict(transaction)]
    assert "rolled back, from 10 ms to 50 ms" in page
    assert 'class="oi-flow-transaction oi-is-rolled-back" d="M100 0h' in page


def test_id_with_markup_is_escaped(dashboard):
    trace = make_trace(make_query(), id='"><script>')
    dashboard.keep(id=trace.id)

    assert "<script>" not in dashboard.text("traces/%22%3E%3Cscript%3E/").replace("<script ", "")


def test_group_of_one_query_is_called_so(dashboard):
    one = dashboard.text(f"traces/{dashboard.keep(make_query()).id}/")
    two = dashboard.text(f"traces/{dashboard.keep(make_query(), make_query()).id}/")

    assert ">The query of this group<" in one
    assert ">All 2 queries of this group<" in two
