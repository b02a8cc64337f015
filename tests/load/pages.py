"""Pages that know which statements are theirs: each carries the token of its request.

A statement says ``'<token>', <number>``. What a page was to ask, the database's log tells as well,
so that a page may be left or broken off in the middle.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from asgiref.sync import async_to_sync, sync_to_async
from django.apps import apps
from django.db import DatabaseError, connections, transaction
from django.db.models import IntegerField, TextField, Value
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

import orm_insight

STATEMENT = "SELECT %s::text, %s::int, pg_sleep(%s)"
PAUSE_S = 0.001


def everybody(request: HttpRequest) -> bool:
    """Who may see the pages of the tools."""
    return True


def ask(token: str, number: int, *, alias: str = "default", seconds: float = PAUSE_S) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(STATEMENT, [token, number, seconds])


def ask_and_close(token: str, number: int) -> None:
    """Ask in a thread that Django does not clean up behind."""
    try:
        ask(token, number)
    finally:
        connections.close_all()


def plain(request: HttpRequest, token: str, n: int) -> HttpResponse:
    for number in range(n):
        ask(token, number)
    return HttpResponse(token)


def models(request: HttpRequest, token: str, n: int) -> HttpResponse:
    """The way of most pages: the ORM asks, no statement takes long."""
    countries = apps.get_model("testapp", "Country").objects
    asked = Value(token, output_field=TextField())
    for number in range(n):
        position = Value(number, output_field=IntegerField())
        list(countries.annotate(asked=asked, position=position).filter(pk__lt=9))
    return HttpResponse(token)


def aliases(request: HttpRequest, token: str, n: int) -> HttpResponse:
    for number in range(n):
        ask(token, number, alias=("default", "other")[number % 2])
    return HttpResponse(token)


def streamed(request: HttpRequest, token: str, n: int) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        for number in range(n):
            ask(token, number)
            yield f"{number}\n"

    return StreamingHttpResponse(parts())


def trickles(request: HttpRequest, token: str, n: int) -> StreamingHttpResponse:
    """Is left by its reader in the middle."""

    def parts() -> Iterator[str]:
        for number in range(n):
            ask(token, number)
            yield f"{number}\n" * 2_000
            time.sleep(0.005)

    return StreamingHttpResponse(parts())


def threaded(request: HttpRequest, token: str, n: int) -> HttpResponse:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(orm_insight.in_context(partial(ask_and_close, token)), range(n)))
    return HttpResponse(token)


def committed(request: HttpRequest, token: str, n: int) -> HttpResponse:
    with transaction.atomic():
        for number in range(n - 1):
            ask(token, number)
        transaction.on_commit(lambda: ask(token, n - 1))
    return HttpResponse(token)


def fails(request: HttpRequest, token: str, n: int) -> HttpResponse:
    for number in range(n):
        ask(token, number)
    raise RuntimeError(token)


def times_out(request: HttpRequest, token: str, n: int) -> HttpResponse:
    """The database ends the last statement."""
    with suppress(DatabaseError), transaction.atomic():
        with connections["default"].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 150")
        for number in range(n):
            ask(token, number, seconds=0.0 if number < n - 1 else 1.0)
    return HttpResponse(token)


def abandons(request: HttpRequest, token: str, n: int) -> HttpResponse:
    """A thread goes on to ask when the response has long been sent."""

    def work() -> None:
        for number in range(n):
            ask_and_close(token, number)

    threading.Thread(target=orm_insight.in_context(work)).start()
    return HttpResponse(token)


class Page(NamedTuple):
    """A view, how many statements of its own it sends, and what its reader sees.

    Of an ``is_broken_off`` page only the database knows how far it came. ``others`` are statements
    without a token.
    """

    view: Callable[..., Any]
    statements: int
    status: int = 200
    is_broken_off: bool = False
    others: int = 0


async def awaited(request: HttpRequest, token: str, n: int) -> HttpResponse:
    for number in range(n):
        await sync_to_async(ask)(token, number)
    return HttpResponse(token)


async def to_and_fro(request: HttpRequest, token: str, n: int) -> HttpResponse:
    """Sync code that calls async code that calls sync code."""

    async def inner(number: int) -> None:
        await sync_to_async(ask)(token, number)

    for number in range(n):
        await sync_to_async(async_to_sync(inner))(number)
    return HttpResponse(token)


async def gathered(request: HttpRequest, token: str, n: int) -> HttpResponse:
    free = sync_to_async(ask_and_close, thread_sensitive=False)
    await asyncio.gather(*(free(token, number) for number in range(n)))
    return HttpResponse(token)


async def grouped(request: HttpRequest, token: str, n: int) -> HttpResponse:
    free = sync_to_async(ask_and_close, thread_sensitive=False)
    async with asyncio.TaskGroup() as group:
        for number in range(n):
            group.create_task(free(token, number))
    return HttpResponse(token)


async def cancels(request: HttpRequest, token: str, n: int) -> HttpResponse:
    """The view gives up; the thread that asks the database does not notice."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            for number in range(n):
                await sync_to_async(ask)(token, number, seconds=0.008)
    return HttpResponse(token)


_left_behind: set[asyncio.Task[None]] = set()


async def abandons_task(request: HttpRequest, token: str, n: int) -> HttpResponse:
    """A task goes on where the server lets it."""
    free = sync_to_async(ask_and_close, thread_sensitive=False)

    async def work() -> None:
        for number in range(n):
            await free(token, number)

    task = asyncio.create_task(work())
    _left_behind.add(task)
    task.add_done_callback(_left_behind.discard)
    await asyncio.sleep(0)
    return HttpResponse(token)


async def streamed_async(request: HttpRequest, token: str, n: int) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        for number in range(n):
            await sync_to_async(ask)(token, number)
            yield f"{number}\n"

    return StreamingHttpResponse(parts())


async def trickles_async(request: HttpRequest, token: str, n: int) -> StreamingHttpResponse:
    """Is left by its reader in the middle."""

    async def parts() -> AsyncIterator[str]:
        for number in range(n):
            await sync_to_async(ask)(token, number)
            yield f"{number}\n" * 2_000
            await asyncio.sleep(0.005)

    return StreamingHttpResponse(parts())


PAGES = {
    "plain": Page(plain, 3),
    "models": Page(models, 5),
    "aliases": Page(aliases, 4),
    "streamed": Page(streamed, 5),
    "trickles": Page(trickles, 30, is_broken_off=True),
    "threaded": Page(threaded, 4),
    "committed": Page(committed, 3),
    "fails": Page(fails, 2, status=500),
    "times_out": Page(times_out, 2, others=1),
    "abandons": Page(abandons, 3),
    "awaited": Page(awaited, 4),
    "to_and_fro": Page(to_and_fro, 3),
    "gathered": Page(gathered, 3),
    "grouped": Page(grouped, 3),
    "cancels": Page(cancels, 5, is_broken_off=True),
    "abandons_task": Page(abandons_task, 3, is_broken_off=True),
    "streamed_async": Page(streamed_async, 4),
    "trickles_async": Page(trickles_async, 30, is_broken_off=True),
}
LEFT = frozenset({"trickles", "trickles_async"})
"""Their readers leave behind the first part."""
