"""Asynchronous code shows the lines of the awaiting application; each task has its own trace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync, sync_to_async

import orm_insight
from orm_insight.capture.active import active
from tests.lines import line_with, place_of
from tests.testapp.factories import make_library
from tests.testapp.models import Book, Genre, Person

pytestmark = pytest.mark.django_db(databases="__all__")
HERE = Path(__file__)


def test_async_with_and_awaited_queries(alias: str) -> None:
    make_library(alias, books=2)

    async def code() -> orm_insight.capture:
        async with orm_insight.capture() as trace:
            await Book.objects.using(alias).acount()  # counted
            await Person.objects.using(alias).afirst()  # first of all
            async for book in Book.objects.using(alias):  # iterated
                assert book.title
        return trace

    trace = async_to_sync(code)()
    assert [place_of(query.site) for query in trace.queries] == [
        line_with(HERE, "# counted"),
        line_with(HERE, "# first of all"),
        line_with(HERE, "# iterated"),
    ]


def test_lazy_load_in_a_thread(alias: str) -> None:
    make_library(alias, books=3)

    def names(books: list[Book]) -> list[str]:
        return [book.author.name for book in books]  # in the thread

    async def code() -> orm_insight.capture:
        async with orm_insight.capture() as trace:
            books = [book async for book in Book.objects.using(alias)]  # the queryset
            await sync_to_async(names)(books)  # awaited here
        return trace

    report = async_to_sync(code)().report()
    [hint] = report.hints
    assert (hint.code, hint.lookup) == ("ORM101", "author")
    assert place_of(hint.site) == line_with(HERE, "# in the thread")
    assert place_of(hint.origin) == line_with(HERE, "# the queryset")
    lines = [frame.line for frame in hint.queries[0].frames]
    assert line_with(HERE, "# awaited here")[1] in lines


def test_decorated_coroutine_function() -> None:
    @orm_insight.capture("count")
    async def count() -> int:
        return await Book.objects.acount()

    assert async_to_sync(count)() == 0
    assert orm_insight.insight.recent(1)[0].name == "count"


def test_concurrent_tasks_have_their_own_traces() -> None:
    async def count(times: int) -> orm_insight.capture:
        async with orm_insight.capture() as trace:
            for _ in range(times):
                await Genre.objects.acount()
        return trace

    async def code() -> list[orm_insight.capture]:
        return await asyncio.gather(*(count(times) for times in range(1, 6)))

    traces = async_to_sync(code)()
    assert [len(trace.queries) for trace in traces] == [1, 2, 3, 4, 5]
    assert active.get() is None


def test_gathered_queries_of_one_block() -> None:
    async def code() -> orm_insight.capture:
        async with orm_insight.capture() as trace:
            await asyncio.gather(
                Book.objects.acount(),
                Genre.objects.acount(),
            )
        return trace

    trace = async_to_sync(code)()
    assert len(trace.queries) == 2
