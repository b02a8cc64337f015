"""How many requests a second a server answers, alone and with each tool, taken in turns."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.load import exact
from tests.load.client import Asked, responses
from tests.load.database import Database
from tests.load.running import Server, Site, running

TITLES = {
    "plain": "without any tool",
    "memory": "orm_insight, memory",
    "redis": "orm_insight, Redis",
    "toolbar": "Debug Toolbar, SQL panel",
    "silk": "silk",
}
PAGES = {
    "gunicorn": ("models", "plain", "committed", "streamed"),
    "": ("models", "plain", "awaited", "streamed_async"),
}
WARM_UP_S = 2.0
TURN_S = 4.0


def measure(
    server: str,
    tools: Sequence[str],
    database: Database,
    redis_url: str,
    folder: Path,
    *,
    seconds: float,
    connections: int,
) -> dict[str, list[float]]:
    """Requests a second of each turn; all servers run, one at a time is asked."""
    chosen = list(dict.fromkeys(["plain", *tools]))
    pages = PAGES.get(server, PAGES[""])
    turns = max(int(seconds / len(chosen) / TURN_S), 1)
    rates: dict[str, list[float]] = {tool: [] for tool in chosen}
    with ExitStack() as stack:
        served = {
            tool: stack.enter_context(_one(server, tool, database, redis_url, folder))
            for tool in chosen
        }
        for each in served.values():
            asyncio.run(_rate(each, pages, WARM_UP_S, connections))
        for number in range(turns):
            for tool in chosen if number % 2 else reversed(chosen):
                rate = asyncio.run(_rate(served[tool], pages, TURN_S, connections))
                rates[tool].append(rate)
    return rates


def _one(server: str, tool: str, database: Database, redis_url: str, folder: Path):
    """With databases of its own, in which a tool may have its tables."""
    settings = database.settings(pooled=True)  # no reader of these pages leaves
    names = {alias: f"{alias}_{tool}" for alias in settings}
    with psycopg.connect(database.url, autocommit=True) as connection:
        for name in names.values():
            connection.execute(f"CREATE DATABASE {name}")
    databases = {alias: {**facts, "NAME": names[alias]} for alias, facts in settings.items()}
    site = Site(databases=databases, tool=tool, redis_url=redis_url, max_traces=200)
    site.make_tables()
    return running(server, site, folder / f"log_{tool}")


def _until(deadline: float, pages: Sequence[str]) -> Iterator[Asked]:
    for name in itertools.cycle(pages):
        if time.monotonic() > deadline:
            return
        yield exact.request(name)


async def _rate(served: Server, pages: Sequence[str], seconds: float, connections: int) -> float:
    began, number = time.monotonic(), 0
    requests = _until(began + seconds, pages)
    async for asked in responses(served.address, requests, connections=connections):
        if asked.status != 200:
            raise RuntimeError(f"{asked.path} was answered by {asked.status}")
        number += 1
    return number / (time.monotonic() - began)
