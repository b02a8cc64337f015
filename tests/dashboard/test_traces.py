"""The list of traces."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orm_insight import faults, insight
from orm_insight.dashboard.digests import Digests
from orm_insight.model.summary import summary_of
from tests.builders import STARTED_AT, make_query
from tests.dashboard.kept import repeated
from tests.dashboard.pages import elements
from tests.dashboard.reading import paths


@pytest.fixture
def three(dashboard):
    """Newest last, as they are recorded."""
    later = [STARTED_AT + timedelta(seconds=n) for n in range(3)]
    dashboard.keep(
        make_query(duration_ms=30), path="/b/", started_at=later[0], status=500, pid=4711
    )
    dashboard.keep(*repeated(9), path="/a/", started_at=later[1], view="blog.views.index")
    dashboard.keep(path="/c/", started_at=later[2], kind="command", name="import", method=None)
    return dashboard


def test_empty_ring_says_what_to_do_next(dashboard):
    text = dashboard.text("traces/")

    assert "Nothing recorded yet" in text
    assert "OrmInsightMiddleware" in text


def test_newest_first(three):
    assert paths(three.text("traces/")) == ["/c/", "/a/", "/b/"]


def test_row_tells_what_matters(three):
    text = three.text("traces/", q="/a/")

    assert "blog.views.index" in text
    assert "1 hint" in text
    assert "9.0 ms" in text
    assert "9 %" in text


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["/a/", "/b/", "/c/"]),
        ("-name", ["/c/", "/b/", "/a/"]),
        ("-queries", ["/a/", "/b/", "/c/"]),
        ("-database", ["/b/", "/a/", "/c/"]),
        ("-status", ["/b/", "/c/", "/a/"]),
        ("-hints", ["/a/", "/c/", "/b/"]),
        ("time", ["/b/", "/a/", "/c/"]),
        ("nonsense", ["/c/", "/a/", "/b/"]),
    ],
)
def test_sorting(three, sort, expected):
    assert paths(three.text("traces/", sort=sort)) == expected


def test_headings_tell_and_turn_the_order(three):
    heads = {h.get("aria-sort"): h for h in elements(three.text("traces/", sort="-queries"), "th")}

    (link,) = heads["descending"]
    assert link.get("href").endswith("?sort=queries")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("views.INDEX", ["/a/"]),
        ("500", ["/b/"]),
        ("command", ["/c/"]),
        ("get /", ["/a/", "/b/"]),
        ("get a", ["/a/"]),
        ("process 4711", ["/b/"]),
        ("pid:4711", ["/b/"]),
        ("pid:471", []),
        ("nothing at all", []),
    ],
)
def test_filter(three, words, expected):
    assert paths(three.text("traces/", q=words)) == expected


def test_filter_that_finds_nothing_says_so(three):
    assert "No matches" in three.text("traces/", q="zzz")


def test_address_of_a_sort_keeps_the_filter(three):
    links = [a.get("href") for a in elements(three.text("traces/", q="/a/"), "a")]

    assert any(link.endswith("?q=%2Fa%2F&sort=name") for link in links)


def test_pages(dashboard):
    for number in range(120):
        dashboard.keep(path=f"/{number}/")

    assert paths(dashboard.text("traces/"))[0] == "/119/"
    assert paths(dashboard.text("traces/", page="3")) == [
        f"/{number}/" for number in range(19, -1, -1)
    ]
    assert paths(dashboard.text("traces/", page="99")) == []
    assert len(paths(dashboard.text("traces/", page="-1"))) == 50


def test_fragment_is_the_table_alone(three):
    text = three.text("traces/", fragment="1", q="/a/")

    assert "<html" not in text
    assert paths(text) == ["/a/"]


def test_json_has_the_same_rows(three):
    found = three.get("traces.json", sort="-queries").json()["traces"]

    assert [trace["path"] for trace in found] == ["/a/", "/b/", "/c/"]
    assert (found[0]["queries"], found[0]["query_ms"], found[0]["hints"]) == (9, 9.0, 1)
    assert three.client.get(found[0]["url"]).json()["trace"]["id"] == found[0]["id"]


def test_clear_forgets_all(three):
    response = three.post("clear/")

    assert (response.status_code, response.headers["Location"]) == (303, "/_orm/traces/")
    assert insight.recent() == ()


def test_pause_and_resume(dashboard):
    dashboard.post("pause/")
    assert not insight.is_recording()
    assert "Paused" in dashboard.text("traces/")

    dashboard.post("resume/")
    assert insight.is_recording()
    assert "Recording" in dashboard.text("traces/")


def test_recording_switched_off_in_the_settings_is_told(dashboard, settings):
    settings.ORM_INSIGHT = {"ENABLED": False}

    assert "Off in the settings" in dashboard.text("traces/")


def test_faults_are_shown(dashboard):
    try:
        faults.report("walk <the> stack", ValueError("why"))

        assert "walk &lt;the&gt; stack: ValueError: why" in dashboard.text("traces/")
    finally:
        faults.clear()


def test_analysis_stops_when_its_time_is_spent(dashboard):
    traces = [summary_of(dashboard.keep(*repeated(3))) for _ in range(4)]
    clock = iter([0.0, 0.1, 0.5, 9.9]).__next__
    digests = Digests()

    digests.work(traces, budget_s=0.3, now=clock)

    assert [digests.get(trace) is not None for trace in traces] == [True, True, False, False]


def test_other_settings_are_another_analysis(dashboard, settings):
    kept, digests = dashboard.keep(*repeated(3)), Digests()
    trace = summary_of(kept)
    digests.work([trace])
    assert digests.get(trace).line.count == 1

    settings.ORM_INSIGHT = {"REPEAT_THRESHOLD": 50}
    assert digests.get(trace) is None
    insight.keep(kept)
    digests.work([trace])

    assert digests.get(trace).line.count == 0
