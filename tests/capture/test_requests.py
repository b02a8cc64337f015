"""A request and its queries: middleware around ours, streams, closing, hooks after a commit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.signals import request_finished
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import path

import orm_insight
from orm_insight import insight
from orm_insight.recording import detached
from tests.capture.marked import ask, markers

pytestmark = pytest.mark.django_db(transaction=True)
OURS = "orm_insight.middleware.OrmInsightMiddleware"
HERE = __name__


def asking(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """A middleware that asks on the way in and out."""

    def middleware(request: HttpRequest) -> Any:
        ask("way in")
        response = get_response(request)
        ask("way out")
        return response

    return middleware


def plain(request: HttpRequest) -> HttpResponse:
    ask("view")
    return HttpResponse()


async def plain_async(request: HttpRequest) -> HttpResponse:
    await sync_to_async(ask)("view")
    return HttpResponse()


def parts() -> Iterator[str]:
    try:
        for number in range(3):
            ask(f"part {number}")
            yield str(number)
    finally:
        ask("generator ends")


async def parts_async() -> AsyncIterator[str]:
    try:
        for number in range(3):
            await sync_to_async(ask)(f"part {number}")
            yield str(number)
    finally:
        await sync_to_async(ask)("generator ends")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts())


async def streamed_async(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts_async())


def spanned(request: HttpRequest) -> StreamingHttpResponse:
    def whole() -> Iterator[str]:
        with orm_insight.capture("all parts"):
            yield from parts()

    return StreamingHttpResponse(whole())


def committed(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        ask("inside")
        transaction.on_commit(lambda: ask("on commit"))
        with transaction.atomic():
            ask("nested")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ask("in vain")
        raise ZeroDivisionError
    return HttpResponse()


async def cancelled(request: HttpRequest) -> HttpResponse:
    await sync_to_async(ask)("view")
    raise asyncio.CancelledError


urlpatterns = [
    path(f"{view.__name__}/", view)
    for view in (plain, plain_async, streamed, streamed_async, spanned, committed, cancelled)
]


@pytest.fixture(autouse=True)
def project(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}
    settings.ROOT_URLCONF = HERE
    settings.MIDDLEWARE = [f"{HERE}.asking", OURS, f"{HERE}.asking"]


def asked(trace: Any) -> list[object]:
    return [marker for marker in markers(trace) if marker not in ("way in", "way out")]


def get(address: str, *, is_async: bool) -> bytes:
    if not is_async:
        return Client().get(address).getvalue()

    async def code() -> bytes:
        response = await AsyncClient().get(address)
        if response.streaming:
            return b"".join([part async for part in response])
        return response.content

    return async_to_sync(code)()


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("view", ["plain", "plain_async"])
def test_middleware_around_ours_belongs_to_the_request(*, view: str, is_async: bool) -> None:
    get(f"/{view}/", is_async=is_async)
    [trace] = insight.recent()
    assert markers(trace) == ["way in", "way in", "view", "way out", "way out"]


@pytest.mark.parametrize(("view", "is_async"), [("streamed", False), ("streamed_async", True)])
def test_stream_to_its_end(*, view: str, is_async: bool) -> None:
    assert get(f"/{view}/", is_async=is_async) == b"012"
    [trace] = insight.recent()
    assert asked(trace) == ["part 0", "part 1", "part 2", "generator ends"]


def test_block_that_spans_the_parts_of_a_stream() -> None:
    get("/spanned/", is_async=False)
    request, block = insight.recent()
    assert (block.name, block.part_of) == ("all parts", request.id)
    assert asked(block) == asked(request) == ["part 0", "part 1", "part 2", "generator ends"]


def test_stream_that_the_client_leaves() -> None:
    response = Client().get("/streamed/")
    assert next(iter(response)) == b"0"
    response.close()
    [trace] = insight.recent()
    assert asked(trace) == ["part 0", "generator ends"]


def test_what_runs_when_the_response_is_closed() -> None:
    def at_the_end(**_: Any) -> None:
        ask("request finished")

    request_finished.connect(at_the_end)
    try:
        Client().get("/plain/")
        Client().get("/streamed/").getvalue()
    finally:
        request_finished.disconnect(at_the_end)
    streaming, usual = insight.recent()
    assert asked(usual) == ["view", "request finished"]
    assert asked(streaming)[-2:] == ["generator ends", "request finished"]


def test_transactions_have_a_begin_and_an_end() -> None:
    Client().get("/committed/")
    [trace] = insight.recent()
    assert asked(trace) == ["inside", "nested", "on commit", "in vain"]
    first, second = trace.transactions
    assert (first.outcome, second.outcome) == ("committed", "rolled back")
    assert first.alias == connection.alias
    at = {query.params[0]: query for query in trace.queries if query.sql == "SELECT %s"}
    assert at["inside"].in_transaction
    assert not at["on commit"].in_transaction
    assert first.started_ms <= at["inside"].started_ms
    assert at["nested"].started_ms <= first.started_ms + first.duration_ms
    assert first.started_ms + first.duration_ms <= at["on commit"].started_ms
    assert second.started_ms <= at["in vain"].started_ms


def test_request_that_is_cancelled() -> None:
    with pytest.raises(asyncio.CancelledError):
        get("/cancelled/", is_async=True)
    detached.flush()
    [trace] = insight.recent()
    assert trace.status is None
    assert str(trace.error).startswith("CancelledError")
    assert asked(trace) == ["view"]


def test_request_that_is_given_up_in_a_middleware_around_is_one_trace(settings: Any) -> None:
    settings.MIDDLEWARE = [f"{HERE}.lingering", OURS]

    async def code() -> None:
        task = asyncio.create_task(AsyncClient().get("/plain/"))
        await asyncio.to_thread(lingers.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        await sync_to_async(has_gone_on.wait)(10)

    async_to_sync(code)()
    detached.flush()
    assert [trace.path for trace in insight.recent() if trace.kind == "request"] == ["/plain/"]


lingers, go_on, has_gone_on = threading.Event(), threading.Event(), threading.Event()


def lingering(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """A middleware whose thread goes on after the last one has stopped waiting."""

    def middleware(request: HttpRequest) -> Any:
        lingers.set()
        go_on.wait(10)
        try:
            return get_response(request)
        finally:
            has_gone_on.set()

    return middleware
