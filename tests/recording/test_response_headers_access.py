"""Whose responses lead to a trace: known without a query, and nothing is left in caches."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orm_insight import faults, insight
from orm_insight.recording import policy
from tests.headers import (
    OURS,
    both,
    get,
    has_headers,
    project,  # noqa: F401  # a fixture
    signed_in,
)
from tests.testapp.models import Book

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("project")]


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
    policy.ask(HttpRequest(), answer)
    client.cookies[policy.COOKIE] = answer.cookies[policy.COOKIE].value
    assert has_headers(get("/counted/", is_async=is_async, client=client))
    client.cookies[policy.COOKIE] = "record:1:forged"
    assert not has_headers(get("/counted/", is_async=is_async, client=client))


def test_the_cookie_is_nothing_to_who_is_known_and_may_not_see(settings: Any) -> None:
    settings.DEBUG = False
    client, answer = signed_in(is_staff=True), HttpResponse()
    policy.ask(HttpRequest(), answer)
    client.cookies[policy.COOKIE] = answer.cookies[policy.COOKIE].value
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
