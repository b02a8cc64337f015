"""A project whose responses lead to their traces, and requests to it through both handlers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import clear_script_prefix, include, path

from tests.testapp.models import Book

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


@pytest.fixture
def project(settings: Any) -> Iterator[None]:
    settings.DEBUG = True
    settings.ROOT_URLCONF = HERE
    settings.MIDDLEWARE = [OURS, *SESSION]
    yield
    clear_script_prefix()


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
