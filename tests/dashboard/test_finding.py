"""Looking for words, and choosing an order: on the list of traces and on the rankings."""

from __future__ import annotations

import pytest

from tests.builders import make_query, make_site
from tests.dashboard.pages import elements
from tests.dashboard.reading import RANKINGS, links, paths, rows


@pytest.mark.parametrize("path", RANKINGS)
def test_rows_are_found_by_what_they_show(two, path):
    shown = [
        " ".join(" ".join(cell.itertext()).split())
        for cell in elements(two.text(path), "td")
        if cell.get("class") == "oi-cell-main"
    ]
    assert len(shown) == 2

    for text in shown:
        assert len(rows(two.text(path, q=text))) == 1, text


def test_long_statement_is_found_as_it_is_shown(dashboard):
    columns = ", ".join(f'"shelf"."column{n}"' for n in range(20))
    conditions = " AND ".join(f'"shelf"."column{n}" = %s' for n in range(20))
    sql = f'SELECT {columns} FROM "shelf" WHERE {conditions}'
    dashboard.keep(make_query(sql, site=make_site()), make_query(site=make_site()))
    [shown] = [row for row in rows(dashboard.text("statements/")) if "…" in row]

    assert "SELECT … FROM" in shown
    assert shown.endswith("…")
    assert rows(dashboard.text("statements/", q=shown)) == [shown]
    assert len(paths(dashboard.text("traces/", q=shown))) == 1


@pytest.mark.parametrize("words", ["…" * 200, "a " * 100, "'\"<img>\x00", "%", "\\"])
def test_hostile_words_find_nothing_or_all(two, words):
    for path in (*RANKINGS, "traces/"):
        assert "<img>" not in two.text(path, q=words)


def choices(text: str) -> dict[str, str]:
    """The choices that the select of the order offers; the chosen one marked."""
    return {
        "".join(each.itertext()) + ("*" if each.get("selected") is not None else ""): each.get(
            "value"
        )
        for select in elements(text, "select")
        if select.get("name") == "sort"
        for each in select
    }


def sent_with(text: str, words: str) -> dict[str, str]:
    """The fields that the filter's form sends, with other words."""
    sent = {
        each.get("name"): each.get("value")
        for each in elements(text, "input")
        if each.get("name") not in (None, "csrfmiddlewaretoken", "list")
    }
    chosen = {
        select.get("name"): each.get("value")
        for select in elements(text, "select")
        for each in select
        if each.get("selected") is not None
    }
    return {**sent, **chosen, "q": words}


@pytest.mark.parametrize("path", ["lines/", "statements/", "endpoints/"])
def test_order_can_be_chosen_without_a_head(two, path):
    found = choices(two.text(path))

    assert found["Total, largest first*"] == ""
    assert found["Calls, largest first"] == "-calls"
    assert any(label.endswith("A to Z") for label in found)


def test_order_of_the_traces_can_be_chosen_without_a_head(two):
    found = choices(two.text("traces/", sort="queries"))

    assert found["When, newest first"] == ""
    assert found["Queries, smallest first*"] == "queries"
    assert found["Queries, largest first"] == "-queries"


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("statements/", {"q": "shelf", "sort": "-slowest"}),
        ("lines/", {"q": "py", "sort": "calls"}),
        ("traces/", {"q": "get", "sort": "-database", "line": "0123456789", "kept": "pinned"}),
    ],
)
def test_other_words_keep_all_else(two, path, asked):
    sent = sent_with(two.text(path, **asked), "other")

    assert sent == {**asked, "q": "other"}


def test_json_of_the_list_is_in_its_order(two):
    assert "/_orm/traces.json?q=get&sort=queries" in links(
        two.text("traces/", q="get", sort="queries")
    )


def test_all_figures_are_named_where_there_is_no_head(two):
    for path, figures in (
        ("lines/", ["Total", "Calls", "Average", "Slowest", "Traces"]),
        ("statements/", ["Total", "Calls", "Average", "Slowest", "Traces"]),
        ("traces/", ["Queries", "Database", "Share", "Total"]),
    ):
        labels = [cell.get("data-oi-label") for cell in elements(two.text(path), "td")]
        assert [label for label in labels if label][: len(figures)] == figures


def test_call_sites_are_called_so(two):
    heads = ["".join(head.itertext()).split()[0:2] for head in elements(two.text("lines/"), "th")]

    assert heads[:3] == [["Call", "site"], ["Total", "↓"], ["Calls"]]
    [line] = [link for link in links(two.text("lines/", q="slow")) if "?line=" in link]
    assert "Call site" in two.client.get(line).content.decode()
