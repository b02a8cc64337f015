"""The page that compares two traces: what is not there first, then what it shows."""

from __future__ import annotations

from datetime import timedelta

import html5lib
import pytest

from orm_insight.dashboard.compare import OFFERED
from orm_insight.model.trace import DroppedQueries
from orm_insight.ui.comparison import ROWS
from tests.builders import STARTED_AT, make_query, make_site
from tests.dashboard.kept import HOSTILE, STRANGER, repeated
from tests.dashboard.pages import elements
from tests.dashboard.reading import links

AUTHOR = 'SELECT "id" FROM "blog_author" WHERE "id" = %s'
POSTS = 'SELECT "id" FROM "blog_post"'


def at(line: int, sql: str = POSTS, **facts):
    return make_query(sql, site=make_site(line=line), **facts)


def ago(minutes: int):
    return STARTED_AT - timedelta(minutes=minutes)


@pytest.fixture
def pair(dashboard):
    """Before: a loop; after: without it, and something new."""
    before = dashboard.keep(at(10), *[at(20, AUTHOR)] * 5, started_at=ago(2))
    after = dashboard.keep(at(12), at(40, 'SELECT "id" FROM "blog_tag"'), started_at=ago(1))
    return before, after


def asked(before="", after="") -> dict[str, str]:
    """The parameters, of traces or of ids."""
    return {"before": getattr(before, "id", before), "after": getattr(after, "id", after)}


def words(element) -> str:
    return " ".join("".join(element.itertext()).split())


def texts(text: str, css: str) -> list[str]:
    """The texts of all elements of a class, among others they may have."""
    found = html5lib.parse(text).iter()
    return [words(each) for each in found if css in (each.get("class") or "").split()]


def test_strangers_see_nothing(dashboard, pair):
    response = dashboard.client.get("/_orm/compare/", asked(*pair), **STRANGER)

    assert response.status_code == 404
    assert "blog" not in response.content.decode()


@pytest.mark.parametrize("form", ["compare/", "compare.json"])
def test_without_ids_it_says_what_to_do(dashboard, form):
    response = dashboard.get(form)

    assert response.status_code == 404
    assert "Open the trace" in response.content.decode()


@pytest.mark.parametrize("lost", ["before", "after"])
def test_gone_trace_is_named_and_others_are_offered(dashboard, pair, lost):
    third = dashboard.keep(at(10), started_at=ago(3))
    ids = {**asked(*pair), lost: "nothing"}

    text = dashboard.text("compare/", status=404, **ids)

    assert words(elements(text, "h1")[0]) == f"The trace “{lost}” is gone"
    assert "There is no trace with this id" in text
    assert third.id in {option.get("value") for option in elements(text, "option")}
    error = dashboard.get("compare.json", **ids)
    assert error.status_code == 404
    assert f"“{lost}” is gone" in error.json()["error"]


def test_both_are_gone(dashboard):
    text = dashboard.text("compare/", status=404, before="a", after="<b>&")

    assert "“before” and “after” are gone" in text


def test_same_trace_twice_is_offered_others(dashboard, pair):
    before, after = pair

    text = dashboard.text("compare/", **asked(after, after))

    assert words(elements(text, "h1")[0]) == "This is the same trace twice"
    assert [option.get("value") for option in elements(text, "option")] == [before.id]
    assert dashboard.get("compare.json", **asked(after, after)).status_code == 400


@pytest.mark.parametrize(
    ("facts", "advice"),
    [({}, "Open the page again"), ({"kind": "command", "name": "import"}, "Run it again")],
)
def test_only_trace_of_its_endpoint_says_what_to_do_next(dashboard, facts, advice):
    alone = dashboard.keep(at(10), **facts)
    dashboard.keep(at(10), path="/other/")

    text = dashboard.text("compare/", **asked(after=alone))

    assert advice in text
    assert elements(text, "select") == []
    assert "Compare with" not in dashboard.text(f"traces/{alone.id}/")


def test_verdict_and_figures(dashboard, pair):
    text = dashboard.text("compare/", **asked(*pair))

    [verdict] = texts(text, "oi-verdict")
    assert verdict.startswith("4 fewer queries (6 → 2), 4.0 ms less in the database")
    assert texts(text, "oi-figure") == [
        "Queries before 6 → after 2 ▼ 4 fewer",
        "In the database before 6.0 ms → after 2.0 ms ▼ 4.0 ms less",
        "Total time before 100 ms → after 100 ms = no clear difference",
        "Hints before 1 → after 0 ▼ 1 fewer",
    ]


def test_sections_and_rows_lead_to_their_queries(dashboard, pair):
    before, after = pair

    text = dashboard.text("compare/", **asked(before, after))

    assert texts(text, "oi-section-title") == [
        "Hints removed 1",
        "Added 1 Only in “After”.",
        "Removed 1 Only in “Before”.",
        "Unchanged 1 The same number of queries, and no clear difference in time.",
    ]
    urls = [href for href in links(text) if "/queries/?group=" in href]
    assert len(urls) == 4  # one for each side that there is
    vanished = next(a for a in elements(text, "a") if a.get("aria-label") == "5 before, show them")
    page = dashboard.text(vanished.get("href").removeprefix("/_orm/"))
    assert page.count("blog_author") >= 5
    assert before.id in vanished.get("href")


def test_line_that_moved_shows_both(dashboard, pair):
    text = dashboard.text("compare/", **asked(*pair))

    [details] = elements(text, "details")
    assert "/app/blog/views.py:12 post_list before: /app/blog/views.py:10" in words(details)


def test_changed_statement_shows_both(dashboard):
    before = dashboard.keep(at(10), started_at=ago(1))
    after = dashboard.keep(at(10, f"{POSTS} LIMIT 5"))

    text = dashboard.text("compare/", **asked(before, after))

    lines = texts(text, "oi-versus-sql")
    assert [line.split()[0] for line in lines] == ["before", "after"]
    assert lines[1].endswith("LIMIT 5")


def test_swapped_is_one_link_away(dashboard, pair):
    before, after = pair
    text = dashboard.text("compare/", **asked(before, after))
    assert "is the newer" not in text

    [swap] = [a.get("href") for a in elements(text, "a") if words(a) == "Swap"]
    swapped = dashboard.text(swap.removeprefix("/_orm/"))

    assert "4 more queries (2 → 6)" in swapped
    assert "“Before” is the newer trace" in swapped


def test_hints_lead_to_their_pages(dashboard):
    before = dashboard.keep(*repeated(20), started_at=ago(1))
    after = dashboard.keep(*repeated(1))

    text = dashboard.text("compare/", **asked(before, after))

    [gone] = [href for href in links(text) if "/hints/" in href]
    assert before.id in gone
    dashboard.text(gone.removeprefix("/_orm/"))


def test_form_offers_the_newest_of_the_endpoint(dashboard, settings):
    settings.ORM_INSIGHT = {"MAX_TRACES": 200}
    kept = [dashboard.keep(at(10), started_at=ago(n)) for n in range(OFFERED + 10)]
    dashboard.keep(at(10), path="/other/")

    text = dashboard.text("compare/", **asked(kept[5], kept[0]))

    options = elements(text, "option")
    assert [option.get("value") for option in options] == [t.id for t in kept[1 : OFFERED + 1]]
    assert [o.get("value") for o in options if o.get("selected") is not None] == [kept[5].id]
    assert words(options[0]).endswith("· 1 query · 100 ms")
    assert f"The newest {OFFERED} of {OFFERED + 9}." in text


def test_chosen_trace_is_offered_however_old_it_is(dashboard):
    other = dashboard.keep(at(10), path="/other/", started_at=ago(9))
    older, newer = dashboard.keep(at(10), started_at=ago(1)), dashboard.keep(at(10))

    text = dashboard.text("compare/", **asked(other, newer))

    options = [(option.get("value"), words(option)) for option in elements(text, "option")]
    assert [value for value, _ in options] == [other.id, older.id]
    assert options[0][1].endswith("/other/")
    assert "Two different endpoints: the same queries" in text


def test_trace_page_leads_to_the_last_and_to_the_newest(dashboard):
    traces = [dashboard.keep(at(10), started_at=ago(n)) for n in (3, 2, 1)]
    dashboard.keep(at(10), path="/other/")

    def offered(trace) -> dict[str, str]:
        found = elements(dashboard.text(f"traces/{trace.id}/"), "a")
        return {words(a): a.get("href") for a in found if words(a).startswith("Compare")}

    def url(before, after) -> str:
        return f"/_orm/compare/?before={before.id}&after={after.id}"

    first, second, third = traces
    assert offered(third) == {"Compare with previous": url(second, third)}
    assert offered(first) == {"Compare with newest": url(first, third)}
    assert offered(second) == {
        "Compare with previous": url(first, second),
        "Compare with newest": url(second, third),
    }


def test_json_has_every_group(dashboard, pair):
    before, after = pair

    found = dashboard.get("compare.json", **asked(before, after)).json()

    assert dashboard.get("compare/", format="json", **asked(before, after)).json() == found
    assert (found["before"]["id"], found["after"]["id"]) == (before.id, after.id)
    assert found["queries"] == {"before": 6, "after": 2, "difference": -4}
    assert [group["kind"] for group in found["groups"]] == ["vanished", "appeared", "same"]
    assert found["groups"][0]["before"]["count"] == 5
    assert found["groups"][0]["after"] is None
    assert found["groups"][2]["before"]["line"] == 10
    assert found["groups"][2]["after"]["line"] == 12
    assert [hint["code"] for hint in found["hints"]["gone"]] == ["ORM501"]
    assert found["verdict"].startswith("4 fewer queries")


def test_hostile_text_stays_text(dashboard):
    before = dashboard.keep(
        make_query(HOSTILE, site=make_site(HOSTILE, 1, function=HOSTILE), alias=HOSTILE),
        path=HOSTILE,
        name=HOSTILE,
        started_at=ago(1),
        error=HOSTILE,
    )
    after = dashboard.keep(at(10), path=f"{HOSTILE}2", name=HOSTILE)

    text = dashboard.text("compare/", **asked(before, after))

    assert "<script>alert" not in text
    dashboard.text("compare/", **asked(after=before))


def test_statements_over_the_limit_are_in_the_figures(dashboard):
    dropped = DroppedQueries(
        sql=AUTHOR, site=make_site(line=20), alias="default", count=40, total_ms=80.0
    )
    before = dashboard.keep(at(10), dropped=40, overflow=(dropped,), started_at=ago(1))
    after = dashboard.keep(at(10))

    text = dashboard.text("compare/", **asked(before, after))

    assert "40 fewer queries (41 → 1)" in text
    assert "Before: 40 queries above the limit" in text
    link = next(a for a in elements(text, "a") if a.get("aria-label") == "40 before, show them")
    dashboard.text(link.get("href").removeprefix("/_orm/"))


def test_page_of_very_many_groups_stays_small(dashboard):
    def many(word: str, **facts):
        columns = ", ".join(f'"{word}_{number}"' for number in range(30))
        return dashboard.keep(
            *(at(n, f'SELECT {columns} FROM "{word}{n}" WHERE "x" = 1') for n in range(1, 400)),
            *(at(n, f'SELECT {columns} FROM "both{n}" WHERE "x" = 1') for n in range(400, 800)),
            **facts,
        )

    before, after = many("old", started_at=ago(1)), many("new")

    text = dashboard.text("compare/", **asked(before, after))

    assert len(text.encode()) < 300_000
    assert f"{399 - ROWS} groups more, with smaller differences." in text
    assert len(dashboard.get("compare.json", **asked(before, after)).json()["groups"]) > 1_000
