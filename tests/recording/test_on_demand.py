"""Recording on demand: only browsers that asked for it on the dashboard are recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.core.signing import TimestampSigner
from django.test import AsyncClient, Client, override_settings

from orm_insight import capture, insight
from orm_insight.recording import policy
from tests.panel.toolbar import content_of, stats_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_on_demand(settings: Any) -> None:
    """Everybody may see the dashboard; the toolbar is inside of the middleware."""
    settings.DEBUG = True
    settings.ROOT_URLCONF = "tests.panel.urls"
    settings.ORM_INSIGHT = {"ON_DEMAND": True}


def paths() -> list[str | None]:
    return [trace.path for trace in reversed(insight.recent())]


def asking(client: Client, **extra: Any) -> Any:
    """The page says what is recorded, its form asks for more."""
    page = client.get("/_orm/").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    assert "Record my requests" in page
    return client.post("/_orm/record-me/", {"csrfmiddlewaretoken": token}, **extra)


def test_only_the_browser_that_asked_is_recorded_until_it_asks_no_longer() -> None:
    asked, other = Client(enforce_csrf_checks=True), Client()
    asked.get("/quiet/")
    assert asking(asked).status_code in {302, 303}
    asked.get("/count/")
    other.get("/quiet/")
    assert paths() == ["/count/"]
    page = asked.get("/_orm/").content.decode()
    assert "Stop recording my requests" in page
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    asked.post("/_orm/record-me/", {"csrfmiddlewaretoken": token, "stop": "1"})
    asked.get("/quiet/")
    assert paths() == ["/count/"]


def test_the_cookie_is_for_servers_only_and_expires() -> None:
    client = Client()
    cookie = asking(client).cookies[policy.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
    assert cookie["max-age"] == 8 * 3600
    assert asking(Client(), secure=True).cookies[policy.COOKIE]["secure"]


@pytest.mark.parametrize(
    "value",
    [
        "record",
        "record:1:forged",
        "\xe9:\xff:",
        TimestampSigner(key="another", salt="orm_insight.on_demand").sign("record"),
        TimestampSigner(salt="another").sign("record"),
        "x" * 4000,
    ],
    ids=["unsigned", "forged", "no ASCII", "another key", "another salt", "long"],
)
def test_forged_cookies_are_as_none(value: str) -> None:
    client = Client()
    client.cookies[policy.COOKIE] = value
    assert client.get("/quiet/").status_code == 200
    assert paths() == []


def test_a_cookie_that_has_expired_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    asking(client)
    monkeypatch.setattr(policy, "LASTS", timedelta(seconds=-1))
    client.get("/quiet/")
    assert paths() == []


def test_whoever_may_not_see_the_dashboard_cannot_ask(settings: Any) -> None:
    settings.ORM_INSIGHT = {"ON_DEMAND": True, "SHOW_CALLBACK": lambda request: False}
    response = Client().post("/_orm/record-me/")
    assert response.status_code == 404
    assert policy.COOKIE not in response.cookies


def test_nobody_asks_without_the_token_of_the_form() -> None:
    response = Client(enforce_csrf_checks=True).post("/_orm/record-me/")
    assert response.status_code == 403
    assert policy.COOKIE not in response.cookies


def test_asynchronous_requests_too() -> None:
    client, other = AsyncClient(), AsyncClient()
    sync = Client()
    asking(sync)
    client.cookies[policy.COOKIE] = sync.cookies[policy.COOKIE].value
    async_to_sync(other.get)("/quiet/")
    async_to_sync(client.get)("/count/")
    assert paths() == ["/count/"]


def test_what_was_asked_for_in_depth_and_what_is_no_request_is_recorded() -> None:
    insight.record_deep_next("/quiet/")
    Client().get("/quiet/")
    with capture("a block"):
        pass
    call_command("check")
    kinds = [trace.kind for trace in reversed(insight.recent())]
    assert kinds == ["request", "capture", "command"]


def test_the_panel_says_what_to_do() -> None:
    client = Client()
    response = client.get("/quiet/")
    assert stats_of(response) == {"trace_id": None, "left_out": "on demand"}
    assert "Record my requests" in content_of(client, response)


@pytest.mark.parametrize(
    ("setting", "reason", "words"),
    [({"ENABLED": False}, "disabled", "ENABLED"), ({"IGNORE_PATHS": ["."]}, "ignored", "IGNORE_")],
)
def test_the_panel_tells_other_reasons(setting: Any, reason: str, words: str) -> None:
    client = Client()
    with override_settings(ORM_INSIGHT=setting):
        response = client.get("/quiet/")
        assert stats_of(response)["left_out"] == reason
        assert words in content_of(client, response)


def test_the_panel_says_that_recording_is_paused() -> None:
    client = Client()
    insight.pause()
    try:
        response = client.get("/quiet/")
        assert stats_of(response)["left_out"] == "paused"
        assert "paused" in content_of(client, response)
    finally:
        insight.resume()
