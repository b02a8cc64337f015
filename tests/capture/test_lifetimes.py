"""A recorder ends with its request or block; later work is on a trace of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async

import orm_insight
from orm_insight import insight
from orm_insight.recording import detached
from tests.capture import marked
from tests.capture.marked import ask, ask_and_close, markers
from tests.lines import line_with, place_of
from tests.testapp.models import Genre

pytestmark = pytest.mark.django_db(transaction=True)
HERE = Path(__file__)


@pytest.fixture(autouse=True)
def shown(settings: Any) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}


@pytest.fixture
def following(shown: None, settings: Any) -> None:
    settings.ORM_INSIGHT = {"REDACT_PARAMS": False, "FOLLOW_THREADS": True}


def test_thread_in_context_belongs_to_the_block() -> None:
    with orm_insight.capture("block") as trace:
        work = orm_insight.in_context(ask_and_close)  # taken along here
        thread = threading.Thread(target=work, args=["inside"])
        thread.start()
        thread.join()
    assert markers(trace) == ["inside"]
    [query] = trace.queries
    assert place_of(query.site) == line_with(Path(marked.__file__), "# asked")
    assert line_with(HERE, "# taken along here")[1] in [frame.line for frame in query.frames]


def test_coroutine_in_context_belongs_to_the_block() -> None:
    async def work(marker: str) -> None:
        await sync_to_async(ask_and_close)(marker)

    with orm_insight.capture("block") as trace:
        coroutine = orm_insight.in_context(work)
        thread = threading.Thread(target=lambda: asyncio.run(coroutine("inside")))
        thread.start()
        thread.join()
    assert markers(trace) == ["inside"]


def test_thread_without_context_belongs_to_nobody() -> None:
    with orm_insight.capture("block") as trace:
        thread = threading.Thread(target=ask_and_close, args=["alone"])
        thread.start()
        thread.join()
    assert markers(trace) == []


@pytest.mark.usefixtures("following")
def test_threads_and_pools_are_followed() -> None:
    with orm_insight.capture("block") as trace, ThreadPoolExecutor(2) as pool:
        thread = threading.Thread(target=ask_and_close, args=["thread"])
        thread.start()
        thread.join()
        list(pool.map(ask_and_close, ["first", "second"]))
    assert sorted(markers(trace)) == ["first", "second", "thread"]


@pytest.mark.usefixtures("following")
def test_pool_that_outlives_its_block_serves_the_next_one() -> None:
    with ThreadPoolExecutor(1) as pool:
        with orm_insight.capture("first") as first:
            pool.submit(ask_and_close, "first").result()
        pool.submit(ask_and_close, "nobody").result()
        with orm_insight.capture("second") as second:
            pool.submit(ask_and_close, "second").result()
    assert (markers(first), markers(second)) == (["first"], ["second"])


@pytest.mark.usefixtures("following")
def test_asynchronous_code_is_not_carried_twice() -> None:
    async def code() -> orm_insight.capture:
        async with orm_insight.capture() as trace:
            await sync_to_async(ask)("sensitive")
            await asyncio.to_thread(ask_and_close, "to a thread")
            await asyncio.get_running_loop().run_in_executor(None, ask_and_close, "executor")
        return trace

    trace = async_to_sync(code)()
    assert markers(trace) == ["sensitive", "to a thread", "executor"]


def test_thread_left_behind_has_a_trace_of_its_own() -> None:
    go_on = threading.Event()

    def work() -> None:
        ask("before")
        go_on.wait(10)
        ask_and_close("after")

    with orm_insight.capture("block") as trace:
        thread = threading.Thread(target=orm_insight.in_context(work))
        thread.start()
        while not markers(trace):
            pass
    with orm_insight.capture("next") as following_block:
        go_on.set()
        thread.join()
    detached.flush()

    assert markers(trace) == ["before"]
    assert markers(following_block) == []
    [late] = [found for found in insight.recent() if found.follows == trace.id]
    assert (late.name, late.kind, markers(late)) == ("after block", "task", ["after"])
    [query] = late.queries
    assert late.duration_ms == pytest.approx(query.started_ms + query.duration_ms)


def test_task_left_behind_has_a_trace_of_its_own() -> None:
    async def work(has_asked: asyncio.Event, go_on: asyncio.Event) -> None:
        await sync_to_async(ask)("before")
        has_asked.set()
        await go_on.wait()
        for _ in range(3):
            await sync_to_async(ask)("after")

    async def code() -> tuple[orm_insight.capture, orm_insight.capture]:
        has_asked, go_on = asyncio.Event(), asyncio.Event()
        async with orm_insight.capture("block") as trace:
            task = asyncio.create_task(work(has_asked, go_on))
            await has_asked.wait()
        async with orm_insight.capture("next") as following_block:
            go_on.set()
            await task
        return trace, following_block

    trace, following_block = async_to_sync(code)()
    detached.flush()
    assert (markers(trace), markers(following_block)) == (["before"], [])
    [late] = [found for found in insight.recent() if found.follows == trace.id]
    assert markers(late) == ["after"] * 3


def test_task_of_an_inner_block_belongs_to_the_outer_one() -> None:
    async def code() -> tuple[orm_insight.capture, orm_insight.capture]:
        go_on = asyncio.Event()

        async def work() -> None:
            await go_on.wait()
            await sync_to_async(ask)("late")

        async with orm_insight.capture("outer") as outer:
            async with orm_insight.capture("inner") as inner:
                task = asyncio.create_task(work())
                await asyncio.sleep(0)
            go_on.set()
            await task
        return outer, inner

    outer, inner = async_to_sync(code)()
    assert (markers(outer), markers(inner)) == (["late"], [])


def test_gathered_coroutines_and_task_groups() -> None:
    async def one(number: int) -> None:
        await Genre.objects.filter(pk=number).aexists()  # asked by each

    async def code() -> orm_insight.capture:
        async with orm_insight.capture() as trace:
            await asyncio.gather(*map(one, range(10)))
            async with asyncio.TaskGroup() as group:
                for number in range(10):
                    group.create_task(one(number))
        return trace

    trace = async_to_sync(code)()
    assert len(trace.queries) == 20
    assert {place_of(query.site) for query in trace.queries} == {line_with(HERE, "# asked by each")}
