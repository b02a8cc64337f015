"""A recording reaches no further than its own work: wrappers, pools, files, forks."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.pool import ThreadPool
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import path

import orm_insight
from orm_insight import insight
from orm_insight.recording import detached
from tests.capture.marked import ask, ask_and_close, markers
from tests.redis_server import RedisServer

pytestmark = pytest.mark.django_db(transaction=True)
HERE = __name__


class Interrupted(BaseException):
    """The error of a server's time limit, which is no ``Exception``."""


class Answers:
    """An object that reads like a file, and asks for each part."""

    name = "answers"

    def __init__(self) -> None:
        self.left = 2

    def read(self, size: int = -1) -> bytes:
        if not self.left:
            return b""
        ask(f"part {self.left}")
        self.left -= 1
        return b"x"


class Job:
    def run(self, marker: str) -> None:
        ask_and_close(marker)


left_open: list[Iterator[None]] = []
left_behind: list[asyncio.Task[None]] = []


def leaves_a_block_open(request: HttpRequest) -> HttpResponse:
    def steps() -> Iterator[None]:
        with orm_insight.capture("left open"):
            ask("inside")
            yield

    left_open.append(steps())
    next(left_open[-1])
    return HttpResponse()


def plain(request: HttpRequest) -> HttpResponse:
    ask(request.GET["marker"])
    return HttpResponse()


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(Answers())


async def breaks_off(request: HttpRequest) -> StreamingHttpResponse:
    async def work() -> None:
        await asyncio.sleep(0.05)
        await sync_to_async(ask)("left behind")

    async def parts() -> AsyncIterator[str]:
        await sync_to_async(ask)("part")
        yield "part"
        raise ValueError("in the middle")

    left_behind.append(asyncio.create_task(work()))
    return StreamingHttpResponse(parts())


urlpatterns = [
    path(f"{view.__name__}/", view) for view in (leaves_a_block_open, plain, file, breaks_off)
]


@pytest.fixture(autouse=True)
def project(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}
    settings.ROOT_URLCONF = HERE
    settings.MIDDLEWARE = ["orm_insight.middleware.OrmInsightMiddleware"]


@pytest.fixture
def following(project: None, settings: Any) -> None:
    settings.ORM_INSIGHT = {"REDACT_PARAMS": False, "FOLLOW_THREADS": True}


def served(address: str) -> bytes:
    """Serve a request like a WSGI server."""
    environ = RequestFactory().get(address).environ
    response = WSGIHandler()(environ, lambda *_: None)
    try:
        return b"".join(response)
    finally:
        response.close()


async def served_async(address: str, *, is_open: bool = True) -> None:
    """Serve a request like an ASGI server; a closed socket refuses all that is sent."""
    has_asked = False

    async def receive() -> dict[str, Any]:
        nonlocal has_asked
        if has_asked:
            await asyncio.Event().wait()
        has_asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if not is_open:
            raise OSError("The client has gone.")

    path, _, query = address.partition("?")
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode()}
    await ASGIHandler()({**scope, "headers": [], "http_version": "1.1"}, receive, send)


def test_connection_that_opens_inside_of_a_wrapper_keeps_ours_alone() -> None:
    seen: list[str] = []
    after: list[int] = []

    def note(execute: Any, sql: str, *call: Any) -> Any:
        seen.append(sql)
        return execute(sql, *call)

    def work() -> None:
        with connection.execute_wrapper(note):
            ask("first")
        ask("second")
        after.append(len(connection.execute_wrappers))
        connections.close_all()

    with orm_insight.capture() as trace:
        thread = threading.Thread(target=orm_insight.in_context(work))
        thread.start()
        thread.join()

    assert (markers(trace), after) == (["first", "second"], [1])
    assert seen.count("SELECT %s") == 1


def test_statement_that_is_interrupted_was_sent() -> None:
    def interrupt(execute: Any, *call: Any) -> Any:
        execute(*call)
        raise Interrupted("time is up")

    with (
        pytest.raises(Interrupted),
        orm_insight.capture() as trace,
        connection.execute_wrapper(interrupt),
    ):
        ask("long")
    assert markers(trace) == ["long"]
    assert trace.queries[0].error == "Interrupted: time is up"


def test_block_that_a_request_has_left_open_takes_no_other_request() -> None:
    served("/leaves_a_block_open/")
    served("/plain/?marker=other")
    with orm_insight.capture("around") as around:
        served("/plain/?marker=inner")
    left_open.clear()

    found = {trace.name: markers(trace) for trace in insight.recent()}
    assert found["GET /leaves_a_block_open/"] == ["inside"]
    assert [markers(t) for t in insight.recent() if t.path == "/plain/"] == [["inner"], ["other"]]
    assert markers(around) == ["inner"]


def test_what_reads_like_a_file_is_recorded_to_its_end() -> None:
    assert served("/file/") == b"xx"
    assert markers(insight.recent()[0]) == ["part 2", "part 1"]


@pytest.mark.usefixtures("following")
def test_any_method_called_run_is_followed() -> None:
    with ThreadPoolExecutor(1) as pool:
        with orm_insight.capture("first") as first:
            pool.submit(partial(Job().run, "first")).result()
        with orm_insight.capture("second") as second:
            pool.submit(partial(Job().run, "second")).result()
    assert (markers(first), markers(second)) == (["first"], ["second"])


@pytest.mark.usefixtures("following")
def test_threads_of_a_pool_belong_to_nobody() -> None:
    with orm_insight.capture("first") as first:
        executor, pool = ThreadPoolExecutor(1), ThreadPool(1)
        executor.submit(ask_and_close, "first").result()
        pool.apply(orm_insight.in_context(ask_and_close), ["first"])
    with executor, pool:
        executor.submit(ask_and_close, "nobody").result()
        pool.apply(ask_and_close, ["nobody"])
    pool.join()
    detached.flush()

    assert markers(first) == ["first", "first"]
    assert [trace.name for trace in insight.recent()] == ["first"]


@pytest.mark.parametrize(("address", "is_open"), [("/breaks_off/", True), ("/breaks_off/", False)])
def test_request_whose_sending_fails_ends(*, address: str, is_open: bool) -> None:
    async def code() -> None:
        with pytest.raises((ValueError, OSError)):
            await served_async(address, is_open=is_open)
        await asyncio.gather(*left_behind)
        left_behind.clear()

    with warnings.catch_warnings():
        # Django 5.2 leaves the file of the request's body open where sending fails.
        warnings.simplefilter("ignore", ResourceWarning)
        async_to_sync(code)()
        gc.collect()
    detached.flush()
    late, request = insight.recent()
    assert (request.path, markers(request)) == (address, ["part"] if is_open else [])
    assert (late.follows, markers(late)) == (request.id, ["left behind"])


def in_child() -> None:
    connections.close_all()
    ask("child")
    with orm_insight.capture("block of the child"):
        ask("child's block")


def test_forked_process_has_traces_of_its_own(redis_server: RedisServer, settings: Any) -> None:
    settings.ORM_INSIGHT = {
        "REDACT_PARAMS": False,
        "REDIS_URL": redis_server.url,
        "REDIS_PREFIX": uuid4().hex,
    }
    # What goes on at once in a fork is the driver's business; this one has no connection.
    connections.close_all()
    with orm_insight.capture("parent") as parent:
        process = multiprocessing.get_context("fork").Process(target=in_child)
        process.start()
        process.join()
    assert insight.store().flush()

    assert (process.exitcode, markers(parent)) == (0, [])
    found = {trace.name: trace for trace in insight.recent()}
    assert markers(found["block of the child"]) == ["child's block"]
    assert markers(found["after parent"]) == ["child", "child's block"]
    assert found["after parent"].follows == parent.id
    assert found["after parent"].pid == process.pid


def test_client_of_a_test_joins_what_is_around_it() -> None:
    with orm_insight.capture("around") as around:
        Client().get("/plain/?marker=inner")
    assert markers(around) == ["inner"]
    [inner] = [trace for trace in insight.recent() if trace.id != around.id]
    assert (inner.path, inner.part_of, markers(inner)) == ("/plain/", around.id, ["inner"])
