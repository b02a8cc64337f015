"""Traces that the settings leave out: a part of the requests, and the fast ones."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from time import sleep
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.http import HttpRequest, StreamingHttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from orm_insight import capture, insight
from orm_insight.recording import policy
from tests.panel.toolbar import content_of, stats_of

pytestmark = pytest.mark.django_db

NEVER_SLOW_ENOUGH = 10 * 60 * 1000
STREAM_S = 0.2


@pytest.fixture(autouse=True)
def developing(settings: Any) -> None:
    """The toolbar is there, inside of the middleware, and everybody may see the pages."""
    settings.DEBUG = True
    settings.ROOT_URLCONF = "tests.panel.urls"


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch) -> Random:
    """Chance that is the same in each run; gives the same sequence once more."""
    monkeypatch.setattr(policy._state, "draw", Random(7).random)
    return Random(7)


def recorded_paths() -> list[str | None]:
    return [trace.path for trace in reversed(insight.recent())]


@override_settings(ORM_INSIGHT={"SAMPLE_RATE": 0.3})
def test_one_draw_for_each_request(client: Client, seeded: Random) -> None:
    """The panel inside of the middleware does not draw again."""
    paths = [f"/quiet/?n={number}" for number in range(20)]
    drawn = [seeded.random() < 0.3 for _ in paths]
    seen = []
    for asked in paths:
        before = len(insight.recent())
        client.get(asked)
        seen.append(len(insight.recent()) > before)
    assert seen == drawn
    assert True in drawn and False in drawn


@override_settings(ORM_INSIGHT={"SAMPLE_RATES": {"^/count/": 1, "^/(count|quiet)/": 0}})
def test_first_pattern_decides_and_others_have_the_common_rate(client: Client) -> None:
    for asked in ("/count/", "/quiet/", "/json/"):
        client.get(asked)
    assert recorded_paths() == ["/count/", "/json/"]


@override_settings(ORM_INSIGHT={"SAMPLE_RATES": {"^/shelf/": 0}})
def test_asynchronous_requests_are_sampled_too() -> None:
    async_to_sync(AsyncClient().get)("/shelf/async/")
    async_to_sync(AsyncClient().get)("/count/")
    assert recorded_paths() == ["/count/"]


@override_settings(ORM_INSIGHT={"SAMPLE_RATE": 0})
def test_request_asked_for_in_depth_beats_sampling(client: Client) -> None:
    client.get("/count/")
    insight.record_deep_next("/count/")
    client.get("/count/")
    client.get("/count/")
    [trace] = insight.recent()
    assert trace.is_deep


@override_settings(ORM_INSIGHT={"SAMPLE_RATE": 0})
def test_commands_and_blocks_are_not_sampled(client: Client) -> None:
    with capture("block"):
        client.get("/count/")
    call_command("check")
    assert {trace.kind for trace in insight.recent()} == {"capture", "command"}


@override_settings(ORM_INSIGHT={"ONLY_SLOW_MS": NEVER_SLOW_ENOUGH})
def test_what_was_fast_is_not_kept(client: Client) -> None:
    client.get("/count/")
    call_command("check")
    assert insight.recent() == ()


@override_settings(ORM_INSIGHT={"ONLY_SLOW_MS": NEVER_SLOW_ENOUGH})
def test_what_was_asked_for_is_kept_however_fast(client: Client) -> None:
    insight.record_deep_next("/count/")
    client.get("/count/")
    with capture("block"):
        pass
    assert [trace.kind for trace in insight.recent()] == ["capture", "request"]


@override_settings(ORM_INSIGHT={"ONLY_SLOW_MS": 0.000001})
def test_what_was_slow_is_kept(client: Client) -> None:
    client.get("/count/")
    assert recorded_paths() == ["/count/"]


def slow_stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        yield b"begin"
        sleep(STREAM_S)
        yield b"end"

    return StreamingHttpResponse(chunks())


urlpatterns = [path("stream/", slow_stream)]


@override_settings(ORM_INSIGHT={"ONLY_SLOW_MS": STREAM_S * 1e3})
def test_stream_lasts_until_its_end(client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["orm_insight.middleware.OrmInsightMiddleware"]
    response = client.get("/stream/")
    before = recorded_paths()
    assert b"".join(response.streaming_content) == b"beginend"
    response.close()
    assert (before, recorded_paths()) == ([], ["/stream/"])


@override_settings(ORM_INSIGHT={"SAMPLE_RATE": 0})
def test_panel_says_that_chance_has_left_the_request_out() -> None:
    client = Client()
    response = client.get("/quiet/")
    assert stats_of(response) == {"trace_id": None, "left_out": "sampled"}
    assert "SAMPLE_RATES" in content_of(client, response)


@override_settings(ORM_INSIGHT={"ONLY_SLOW_MS": NEVER_SLOW_ENOUGH})
def test_panel_says_that_the_request_was_too_fast() -> None:
    client = Client()
    response = client.get("/quiet/")
    assert "ONLY_SLOW_MS" in content_of(client, response)


@override_settings(ORM_INSIGHT={"SAMPLE_RATE": 0.1, "ONLY_SLOW_MS": 200})
def test_list_says_what_is_left_out(client: Client) -> None:
    page = client.get("/_orm/").text
    assert "Only 10 % of the requests are recorded" in page
    assert "Only traces of 200 ms or more are kept" in page


def test_list_says_nothing_where_nothing_is_left_out(client: Client) -> None:
    page = client.get("/_orm/").text
    assert "SAMPLE_RATE" not in page
    assert "ONLY_SLOW_MS" not in page
