"""Pins, why a trace is still there, where it is from, and what the page says when it is gone."""

from __future__ import annotations

import os

import pytest

from orm_insight import insight
from orm_insight.stores.base import PinOutcome
from orm_insight.stores.retention import MAX_PINNED
from tests.builders import STARTED_AT, make_query
from tests.dashboard.pages import elements, forms_token, texts_of
from tests.dashboard.reading import badges, paths

JSON = {"HTTP_ACCEPT": "application/json"}


def reasons(dashboard, trace) -> list[str]:
    listed = dashboard.get("traces.json").json()["traces"]
    return next(each["kept_for"] for each in listed if each["id"] == trace.id)


def test_pinned_by_the_button_of_its_page(dashboard):
    trace = dashboard.keep()
    address = f"traces/{trace.id}/"

    response = dashboard.post(f"{address}pin/", referred_by=address)

    assert (response.status_code, response.headers["Location"]) == (303, f"/_orm/{address}")
    assert badges(dashboard.text(address)) == ["pinned: Kept until it is unpinned."]
    assert reasons(dashboard, trace) == ["pinned", "recent"]
    assert dashboard.get(f"traces/{trace.id}.json").json()["trace"]["pinned"] is True


def test_unpinned_by_the_button_of_its_page(dashboard):
    trace = dashboard.keep()
    insight.pin(trace.id, is_pinned=True)
    buttons = elements(dashboard.text(f"traces/{trace.id}/"), "button")
    [name] = [button.get("name") for button in buttons if button.text == "Unpin"]

    dashboard.post(f"traces/{trace.id}/pin/", **{name: "1"})

    assert reasons(dashboard, trace) == ["recent"]


def test_pinned_in_the_list_leads_back_to_the_same_list(dashboard):
    trace = dashboard.keep(path="/a/")
    text = dashboard.text("traces/", q="/a/", sort="-queries")
    [back] = [i.get("value") for i in elements(text, "input") if i.get("name") == "list"]

    response = dashboard.post(f"traces/{trace.id}/pin/", list=back)

    assert response.headers["Location"] == f"/_orm/traces/?q=%2Fa%2F&sort=-queries#t-{trace.id}"
    assert f'id="t-{trace.id}"' in text


def test_return_address_leads_nowhere_else(dashboard):
    trace = dashboard.keep()

    response = dashboard.post(f"traces/{trace.id}/pin/", list="//evil.example/?q=x&next=/y")

    assert response.headers["Location"].startswith("/_orm/")


def test_pin_needs_the_token(dashboard):
    trace = dashboard.keep()

    assert dashboard.client.post(f"/_orm/traces/{trace.id}/pin/").status_code == 403
    assert reasons(dashboard, trace) == ["recent"]


def test_script_gets_json(dashboard):
    trace = dashboard.keep()
    token = forms_token(dashboard.text("traces/"))
    send = dashboard.client.post
    data = {"csrfmiddlewaretoken": token}

    pinned = send(f"/_orm/traces/{trace.id}/pin/", data, **JSON)
    unpinned = send(f"/_orm/traces/{trace.id}/pin/", {**data, "unpin": "1"}, **JSON)

    assert pinned.json() == {"id": trace.id, "pinned": True}
    assert unpinned.json() == {"id": trace.id, "pinned": False}


def test_too_many_pins_are_refused_with_the_reason(dashboard):
    for _ in range(MAX_PINNED):
        assert insight.pin(dashboard.keep().id, is_pinned=True) is PinOutcome.DONE
    trace = dashboard.keep()

    response = dashboard.post(f"traces/{trace.id}/pin/")

    assert response.status_code == 409
    assert "unpin one first" in response.content.decode()


def test_trace_that_is_gone_cannot_be_pinned(dashboard):
    dashboard.keep()

    response = dashboard.post("traces/nobody/pin/")

    assert response.status_code == 404
    assert "This trace is gone" in response.content.decode()


def test_list_of_those_kept_for_one_reason(dashboard):
    first, _ = dashboard.keep(path="/a/"), dashboard.keep(path="/b/")
    assert 'name="kept"' not in dashboard.text("traces/")
    insight.pin(first.id, is_pinned=True)

    text = dashboard.text("traces/", kept="pinned")

    assert paths(text) == ["/a/"]
    assert next(o.get("value") for o in elements(text, "option") if "selected" in o.attrib) == (
        "pinned"
    )
    assert paths(dashboard.text("traces/", kept="nonsense")) == ["/b/", "/a/"]
    assert dashboard.get("traces.json", kept="slowest").json()["traces"] == []


@pytest.mark.parametrize("kept", ["slowest", "most-queries", "most-repeats"])
def test_worst_says_what_it_is_worst_of(dashboard, settings, kept):
    settings.ORM_INSIGHT = {"MAX_TRACES": 2}
    dashboard.keep(*[make_query()] * 9, path="/worst/", duration_ms=900.0)
    for _ in range(3):
        dashboard.keep(path="/worst/", name="new")

    text = dashboard.text("traces/", kept=kept)

    assert len(paths(text)) == 1
    assert [badge.partition(":")[0] for badge in badges(text)] == [
        "slowest",
        "most queries",
        "most repeats",
    ]


def test_clear_says_that_pinned_ones_stay(dashboard):
    trace = dashboard.keep()
    assert "will be kept" not in dashboard.text("traces/")
    insight.pin(trace.id, is_pinned=True)

    assert "1 pinned trace will be kept" in dashboard.text("traces/")
    dashboard.post("clear/")
    assert [each.id for each in insight.recent()] == [trace.id]


def test_process_of_an_imported_trace_does_not_count(dashboard):
    dashboard.keep(path="/a/", pid=11)
    dashboard.keep(path="/b/", pid=12, imported_at=STARTED_AT)

    told = texts_of(dashboard.text("traces/"), "span", "oi-view")

    assert [text for text in told if text.startswith("process")] == []


def test_process_is_told_where_there_are_several(dashboard):
    dashboard.keep(path="/a/", host="web-1", pid=11)
    assert "process 11" not in dashboard.text("traces/")
    dashboard.keep(path="/b/", host="web-1", pid=12)
    assert "process 11" in dashboard.text("traces/")
    assert "web-1" not in dashboard.text("traces/")
    dashboard.keep(path="/c/", host="web-2", pid=11)

    assert "web-1, process 12" in dashboard.text("traces/")
    assert paths(dashboard.text("traces/", q="web-1")) == ["/b/", "/a/"]
    assert paths(dashboard.text("traces/", q="pid:11")) == ["/c/", "/a/"]
    assert paths(dashboard.text("traces/", q="pid:1")) == []
    [found] = dashboard.get("traces.json", q="web-2").json()["traces"]
    assert (found["host"], found["pid"]) == ("web-2", 11)


def test_trace_leads_to_the_one_before_and_those_after(dashboard):
    first = dashboard.keep(name="GET /first/", host="web-1", pid=11)
    after = dashboard.keep(name="task after", follows=first.id)
    lost = dashboard.keep(follows="nobody")

    def links(trace) -> list[str]:
        text = dashboard.text(f"traces/{trace.id}/")
        return [a.text for a in elements(text, "a") if a.get("href", "").count("/") == 4]

    assert "GET /first/" in links(after)
    assert "task after" in links(first)
    assert "web-1, process 11" in dashboard.text(f"traces/{first.id}/")
    assert "came after a trace that is no longer stored" in dashboard.text(f"traces/{lost.id}/")
    assert dashboard.get(f"traces/{after.id}.json").json()["trace"]["follows"] == first.id


@pytest.mark.parametrize("is_multiprocess", [True, False])
def test_another_process_is_named_only_where_there_is_one(dashboard, is_multiprocess):
    environ = {"wsgi.multiprocess": is_multiprocess}
    gone = dashboard.client.get("/_orm/traces/nobody/", **environ).content.decode()
    listed = dashboard.client.get("/_orm/traces/", **environ).content.decode()
    problems = dashboard.client.get("/_orm/problems/", **environ).content.decode()

    assert (f"process {os.getpid()} answered this page" in gone) is is_multiprocess
    assert ("The server runs several processes" in listed) is is_multiprocess
    assert ("The server runs several processes" in problems) is is_multiprocess
    assert "Nothing recorded yet" in problems


@pytest.mark.parametrize("is_multiprocess", [True, False])
def test_pause_names_the_process_that_it_holds_for(dashboard, is_multiprocess):
    environ = {"wsgi.multiprocess": is_multiprocess}
    where = f" in process {os.getpid()}" if is_multiprocess else ""

    def text() -> str:
        return dashboard.client.get("/_orm/", **environ).content.decode()

    assert f">Recording{where}<" in text()
    insight.pause()

    assert f">Paused{where}<" in text()
    end = f"{where};" if is_multiprocess else "."
    assert f"Recording is paused{end}" in text()


def facts(text: str) -> list[str]:
    """Label and value of each."""
    names = [" ".join("".join(each.itertext()).split()) for each in elements(text, "dt")]
    values = [" ".join("".join(each.itertext()).split()) for each in elements(text, "dd")]
    return [f"{name}: {value}" for name, value in zip(names, values, strict=True)]


def test_traces_beside_the_newest_are_counted_beside_them(dashboard, settings):
    settings.ORM_INSIGHT = {"MAX_TRACES": 2}
    insight.reset()
    dashboard.keep(*[make_query()] * 9, path="/worst/", duration_ms=900.0)
    assert facts(dashboard.text("traces/"))[0] == "Kept: 1 of 2 traces"
    for _ in range(3):
        dashboard.keep(path="/worst/", name="new")

    assert (
        facts(dashboard.text("traces/"))[0]
        == "Kept: 2 of 2 traces, plus 1 kept as the worst of their endpoint"
    )


def test_ignored_paths_are_told_quietly(dashboard, settings):
    assert "IGNORE_PATHS" not in dashboard.text("traces/")
    settings.ORM_INSIGHT = {"IGNORE_PATHS": ["^/health/", "^/metrics/"]}

    assert "Not recorded: 2 patterns of IGNORE_PATHS" in facts(dashboard.text("traces/"))
