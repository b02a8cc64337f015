"""Rounds of requests that are compared with the database, then minutes with a full ring."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from orm_insight.stores.redis import RedisStore
from tests.load import exact
from tests.load.client import Asked, load, responses
from tests.load.database import Database
from tests.load.exact import Findings
from tests.load.pages import PAGES
from tests.load.running import POOLED, Server, Site, running
from tests.load.workers import Sample, growth, watched

RING = 3_000
ROUND = 2_000
READERS = 4


@dataclass
class Endurance:
    """The outcome. ``readings`` are the statuses of traces that were read under load."""

    findings: Findings = field(default_factory=Findings)
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    readings: Counter[int] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def growth(self) -> float:
        return growth(self.samples)


def endure(
    server: str, database: Database, redis_url: str, log: Path, *, seconds: float, connections: int
) -> Endurance:
    """Half of the time in rounds, for which the ring has room; the other half without pause."""
    databases = database.settings(pooled=server in POOLED)
    site = Site(databases=databases, redis_url=redis_url, max_traces=RING)
    store = RedisStore(redis_url, max_traces=RING, max_bytes=2**30)
    outcome = Endurance()
    database.log_statements(on=True)
    try:
        with running(server, site, log) as served:
            until = time.monotonic() + seconds / 2
            while time.monotonic() < until:
                outcome.findings.add(_round(served, database, store, connections))
            database.log_statements(on=False)
            asyncio.run(_go_on(served, store, outcome, seconds / 2, connections))
    finally:
        store.clear()
        store.close()
    return outcome


def _round(served: Server, database: Database, store: RedisStore, connections: int) -> Findings:
    store.clear()
    database.forget()
    answered = asyncio.run(load(served.address, exact.requests(ROUND), connections=connections))
    return exact.settled(answered, database, store)


def _until(deadline: float) -> Iterator[Asked]:
    for name in itertools.cycle(PAGES):
        if time.monotonic() > deadline:
            return
        yield exact.request(name)


async def _go_on(
    served: Server, store: RedisStore, outcome: Endurance, seconds: float, connections: int
) -> None:
    """The ring is full; meanwhile people read what is about to be evicted."""
    deadline = time.monotonic() + seconds
    began = time.monotonic()
    with watched(served.pid) as outcome.samples:
        async with asyncio.TaskGroup() as group:
            for _ in range(READERS):
                group.create_task(_read(served, store, outcome, deadline))
            async for asked in responses(served.address, _until(deadline), connections=connections):
                outcome.requests += 1
                outcome.statuses[asked.status] += 1
    outcome.seconds = time.monotonic() - began
    for trace in exact.traces_in(store):
        exact.check_purity(trace, outcome.findings)


async def _read(served: Server, store: RedisStore, outcome: Endurance, deadline: float) -> None:
    """The oldest traces of the list: the next to go."""
    async with httpx.AsyncClient(base_url=served.address, timeout=60) as client:
        while time.monotonic() < deadline:
            listed = await asyncio.to_thread(store.listed)
            for entry in listed[-5:]:
                answer = await client.get(f"/_orm/traces/{entry.summary.id}/")
                outcome.readings[answer.status_code] += 1
            await asyncio.sleep(0.5)
