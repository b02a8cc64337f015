"""The headers that lead from a response to its trace: real requests, through both handlers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from orm_insight import insight
from tests.headers import (
    LINK,
    OURS,
    SESSION,
    TIMING,
    both,
    get,
    has_headers,
    project,  # noqa: F401  # a fixture
    signed_in,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("project")]


@both
def test_a_response_leads_to_its_trace(*, is_async: bool) -> None:
    response = get("/counted/", is_async=is_async)
    [trace] = insight.recent()
    link, timing = LINK.match(response["Link"]), TIMING.match(response["Server-Timing"])
    assert link is not None and timing is not None
    assert link[1] == trace.id
    assert Client().get(f"/_orm/traces/{link[1]}/").status_code == 200
    assert timing[2] == "1 query"
    assert float(timing[1]) == pytest.approx(trace.queries.total_ms, abs=0.01)
    assert float(timing[3]) == pytest.approx(trace.duration_ms, abs=0.01)


def test_queries_above_the_limit_count(settings: Any) -> None:
    settings.ORM_INSIGHT = {"MAX_QUERIES": 1}
    client = signed_in(is_superuser=True)
    timing = TIMING.match(get("/greeted/", client=client)["Server-Timing"])
    [trace] = insight.recent()
    assert trace.dropped == 1
    assert timing is not None and timing[2] == "2 queries"
    total = sum(entry.total_ms for entry in trace.overflow) + trace.queries.total_ms
    assert float(timing[1]) == pytest.approx(total, abs=0.01)


@both
def test_strangers_learn_nothing(settings: Any, *, is_async: bool) -> None:
    settings.INTERNAL_IPS = ["203.0.113.7"]
    response = get("/counted/", is_async=is_async)
    assert len(insight.recent()) == 1
    assert not has_headers(response)


@both
def test_what_is_there_already_stays(*, is_async: bool) -> None:
    response = get("/own/", is_async=is_async)
    assert response["Server-Timing"].startswith("view;dur=1, orm;dur=0.00")
    assert response["Link"].startswith('</style.css>; rel="preload", </_orm/traces/')


def test_the_toolbars_own_timing_stays(settings: Any) -> None:
    settings.MIDDLEWARE = [OURS, "debug_toolbar.middleware.DebugToolbarMiddleware", *SESSION]
    settings.ROOT_URLCONF = "tests.urls"
    timing = Client().get("/books/")["Server-Timing"]
    assert "TimerPanel_total_time" in timing
    assert ", orm;dur=" in timing


@pytest.mark.parametrize(
    "setting",
    [
        {"RESPONSE_HEADERS": False},
        {"ENABLED": False},
        {"IGNORE_PATHS": ["counted"]},
        {"SAMPLE_RATE": 0},
        {"ON_DEMAND": True},
    ],
)
def test_not_wanted_or_not_recorded(settings: Any, setting: dict[str, Any]) -> None:
    settings.ORM_INSIGHT = setting
    assert not has_headers(get("/counted/"))


def test_own_pages_lead_nowhere() -> None:
    assert not has_headers(get("/_orm/"))


def test_project_without_the_dashboard(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.testapp.urls"
    response = get("/shelf/")
    assert "Server-Timing" in response.headers and "Link" not in response.headers


def test_request_with_addresses_of_its_own() -> None:
    response = get("/elsewhere/")
    assert "Server-Timing" in response.headers and "Link" not in response.headers


def test_trace_that_is_too_fast_to_be_kept(settings: Any) -> None:
    settings.ORM_INSIGHT = {"ONLY_SLOW_MS": 600_000}
    response = get("/counted/")
    assert insight.recent() == ()
    assert "Server-Timing" in response.headers and "Link" not in response.headers


def test_stream_says_what_is_known_when_it_begins() -> None:
    response = get("/streamed/")
    timing = TIMING.match(response["Server-Timing"])
    assert timing is not None and timing[2] == "1 query so far"
    assert response.getvalue() == b"0"
    link = LINK.match(response["Link"])
    [trace] = insight.recent()
    assert link is not None and link[1] == trace.id
    assert len(trace.queries) == 2


def test_wsgi_below_a_path_of_the_server() -> None:
    environ = RequestFactory()._base_environ(SCRIPT_NAME="/app", PATH_INFO="/counted/")
    headers: dict[str, str] = {}
    answer: Any = WSGIHandler()(environ, lambda status, given: headers.update(given))
    answer.close()
    [trace] = insight.recent()
    assert headers["Link"].startswith(f"</app/_orm/traces/{trace.id}/>")


def test_asgi_below_a_path_of_the_server() -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(ASGIHandler(), root_path="/app")  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://near") as client:
            return await client.get("/app/counted/")

    response = async_to_sync(ask)()
    [trace] = insight.recent()
    assert response.headers["Link"].startswith(f"</app/_orm/traces/{trace.id}/>")
