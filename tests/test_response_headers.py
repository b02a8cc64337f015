"""The headers that lead from a response to its trace: real requests, through both handlers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import clear_script_prefix, include, path

from orm_insight import insight, on_demand
from orm_insight.capture import faults
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db(transaction=True)
HERE = __name__
OURS = "orm_insight.middleware.OrmInsightMiddleware"
SESSION = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
LINK = re.compile(r'^</_orm/traces/(\w+)/>; rel="describedby"; title="ORM insight"$')
TIMING = re.compile(r'^orm;dur=(\d+\.\d\d);desc="(.*)", orm-total;dur=(\d+\.\d\d)$')
both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def counted(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Book.objects.count()))


def greeted(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user))


async def greeted_async(request: Any) -> HttpResponse:
    return HttpResponse(str(await request.auser()))


def own(request: HttpRequest) -> HttpResponse:
    link = '</style.css>; rel="preload"'
    return HttpResponse(headers={"Server-Timing": "view;dur=1", "Link": link})


def parts() -> Iterator[str]:
    yield str(Book.objects.count())


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    Book.objects.count()
    return StreamingHttpResponse(parts())


def kept_by_caches(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"Cache-Control": request.GET["with"]})


def elsewhere(request: Any) -> HttpResponse:
    request.urlconf = "tests.testapp.urls"
    return HttpResponse()


views = [counted, greeted, greeted_async, own, streamed, kept_by_caches, elsewhere]
urlpatterns: list[Any] = [
    *(path(f"{view.__name__}/", view) for view in views),
    path("_orm/", include("orm_insight.urls")),
]


@pytest.fixture(autouse=True)
def project(settings: Any) -> None:
    settings.DEBUG = True
    settings.ROOT_URLCONF = HERE
    settings.MIDDLEWARE = [OURS, *SESSION]


def get(address: str, *, is_async: bool = False, client: Any = None) -> Any:
    if not is_async:
        return (client or Client()).get(address)
    asking = AsyncClient()
    if client is not None:
        asking.cookies = client.cookies
    return async_to_sync(asking.get)(address)


def has_headers(response: Any) -> bool:
    both = {"Link" in response.headers, "Server-Timing" in response.headers}
    assert len(both) == 1
    return both == {True}


def signed_in(**facts: Any) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create(username="ada", **facts))
    return client


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
    try:
        answer: Any = WSGIHandler()(environ, lambda status, given: headers.update(given))
        answer.close()
    finally:
        clear_script_prefix()
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


# -- without DEBUG --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "is_async"), [("greeted", False), ("greeted", True), ("greeted_async", True)]
)
@pytest.mark.parametrize(
    ("facts", "expected"),
    [({"is_superuser": True}, True), ({"is_staff": True}, False)],
)
def test_superusers_that_the_view_has_asked_for(
    settings: Any, view: str, *, is_async: bool, facts: dict[str, bool], expected: bool
) -> None:
    settings.DEBUG = False
    client = signed_in(**facts)
    assert has_headers(get(f"/{view}/", is_async=is_async, client=client)) is expected


@both
def test_nobody_asks_for_a_user_that_the_view_does_not_need(
    settings: Any, *, is_async: bool
) -> None:
    settings.DEBUG = False
    client = signed_in(is_superuser=True)
    with CaptureQueriesContext(connection) as asked:
        response = get("/counted/", is_async=is_async, client=client)
    assert len(asked) == 1
    assert not has_headers(response)
    assert "Vary" not in response.headers


@both
def test_browser_that_asked_to_be_recorded(settings: Any, *, is_async: bool) -> None:
    settings.DEBUG = False
    client, answer = Client(), HttpResponse()
    on_demand.ask(HttpRequest(), answer)
    client.cookies[on_demand.COOKIE] = answer.cookies[on_demand.COOKIE].value
    assert has_headers(get("/counted/", is_async=is_async, client=client))
    client.cookies[on_demand.COOKIE] = "record:1:forged"
    assert not has_headers(get("/counted/", is_async=is_async, client=client))


def test_the_cookie_is_nothing_to_who_is_known_and_may_not_see(settings: Any) -> None:
    settings.DEBUG = False
    client, answer = signed_in(is_staff=True), HttpResponse()
    on_demand.ask(HttpRequest(), answer)
    client.cookies[on_demand.COOKIE] = answer.cookies[on_demand.COOKIE].value
    assert not has_headers(get("/greeted/", client=client))


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ("public, max-age=600", False),
        ("max-age=600", False),
        ("S-MaxAge=5, Public", False),
        ("s-maxage=5", False),
        ("private, max-age=600", True),
        ("no-store", True),
        ("no-cache", True),
    ],
)
def test_what_caches_on_the_way_may_keep(settings: Any, control: str, *, expected: bool) -> None:
    settings.ORM_INSIGHT = {"SHOW_CALLBACK": anybody}
    address = f"/kept_by_caches/?with={control}"
    assert has_headers(get(address))
    settings.DEBUG = False
    assert has_headers(get(address)) is expected


def test_djangos_own_cache_keeps_no_header_of_another(settings: Any) -> None:
    settings.MIDDLEWARE = [
        OURS,
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    first, second = get("/counted/"), get("/counted/")
    of_a_stranger = Client(REMOTE_ADDR="203.0.113.7").get("/counted/")
    newer, older = (trace for trace in insight.recent()[1:])
    assert (len(older.queries), len(newer.queries)) == (1, 0)
    assert (older.id in first["Link"], newer.id in second["Link"]) == (True, True)
    assert second["Link"].count("traces/") == 1
    assert not has_headers(of_a_stranger)


# -- rules of the project -------------------------------------------------------------------------


def anybody(request: HttpRequest) -> bool:
    return True


async def anybody_async(request: HttpRequest) -> bool:
    return True


async def nobody_async(request: HttpRequest) -> bool:
    return False


def failing(request: HttpRequest) -> bool:
    raise ValueError("a failure of the project's rule")


def staff(request: Any) -> bool:
    return bool(request.user.is_staff)


async def staff_async(request: Any) -> bool:
    return bool((await request.auser()).is_staff)


async def counts_async(request: Any) -> bool:
    return await sync_to_async(Book.objects.count)() == 0


@both
@pytest.mark.parametrize("key", ["SHOW_CALLBACK", "SHOW_TOOLBAR_CALLBACK"])
@pytest.mark.parametrize(
    ("rule", "expected"), [(anybody, True), (anybody_async, True), (nobody_async, False)]
)
def test_own_rule(settings: Any, key: str, rule: Any, *, expected: bool, is_async: bool) -> None:
    if key == "SHOW_CALLBACK":
        settings.DEBUG = False
        settings.ORM_INSIGHT = {key: rule}
    else:
        settings.DEBUG_TOOLBAR_CONFIG = {key: rule}
    assert has_headers(get("/counted/", is_async=is_async)) is expected


@both
def test_failure_of_an_own_rule_is_counted_and_stays_here(settings: Any, *, is_async: bool) -> None:
    settings.ORM_INSIGHT = {"SHOW_CALLBACK": failing}
    response = get("/counted/", is_async=is_async)
    assert response.content == b"0"
    assert not has_headers(response)
    [failure] = faults.counts()
    assert failure.startswith("add headers to a response: ValueError")
    faults.clear()


@both
@pytest.mark.parametrize("rule", [staff, staff_async, counts_async])
def test_own_rule_gets_no_query(settings: Any, rule: Any, *, is_async: bool) -> None:
    settings.ORM_INSIGHT = {"SHOW_CALLBACK": rule}
    client = signed_in(is_staff=True)
    with CaptureQueriesContext(connection) as asked:
        response = get("/counted/", is_async=is_async, client=client)
    assert len(asked) == 1
    assert not has_headers(response)
    [trace] = insight.recent()
    assert len(trace.queries) == 1
    if rule is not counts_async:
        view = "greeted" if rule is staff else "greeted_async"
        assert has_headers(get(f"/{view}/", is_async=is_async, client=client))
