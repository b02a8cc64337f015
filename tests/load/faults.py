"""Redis fails in every way while a server is under load: what do the requests notice of it?"""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import redis

from orm_insight.stores.redis import RedisStore
from tests.load import exact
from tests.load.client import Asked, load
from tests.load.database import Database
from tests.load.pages import PAGES
from tests.load.proxy import Mode, Proxy, proxied
from tests.load.running import POOLED, Server, Site, running
from tests.load.timings import Timings
from tests.redis_server import RedisServer

RING = 500
PATIENCE_S = 30.0
NOTICE = "Redis at 127.0.0.1"
# Pages whose readers see an answer, and which are over when they have it.
QUIET = [name for name, page in PAGES.items() if not page.is_broken_off and name != "times_out"]


@contextmanager
def stopped(server: RedisServer, proxy: Proxy) -> Iterator[None]:
    """It comes back empty."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: RedisServer, proxy: Proxy) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@contextmanager
def full(server: RedisServer, proxy: Proxy) -> Iterator[None]:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "1")
        try:
            yield
        finally:
            client.config_set("maxmemory", "0")


def through(mode: Mode) -> Callable[[RedisServer, Proxy], AbstractContextManager[None]]:
    @contextmanager
    def fault(server: RedisServer, proxy: Proxy) -> Iterator[None]:
        proxy.mode = mode
        try:
            yield
        finally:
            proxy.mode = "pass"

    return fault


FAULTS: dict[str, Callable[[RedisServer, Proxy], AbstractContextManager[None]]] = {
    "stopped": stopped,
    "frozen": frozen,
    "slow": through("slow"),
    "full": full,
    "garbage": through("garbage"),
}


@dataclass
class Phase:
    """Some seconds under load with one fault, or none."""

    name: str
    requests: int = 0
    unexpected: Counter[int] = field(default_factory=Counter)
    response_s: Sequence[float] = ()
    ours: Sequence[tuple[float, float]] = ()
    problem: str | None = None
    recovered_s: float | None = None


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(math.ceil(share * len(ordered)), len(ordered)) - 1] if ordered else 0.0


def fail_in_turn(
    server: str,
    database: Database,
    redis_server: RedisServer,
    folder: Path,
    *,
    seconds: float,
    connections: int,
) -> Iterator[Phase]:
    """A calm phase, each fault, and a calm one at the end."""
    names = ["none", *FAULTS, "none"]
    each = seconds / len(names)
    written = folder / "timings"
    written.mkdir()
    with proxied(redis_server.port) as proxy:
        facts = {"redis_url": proxy.url, "max_traces": RING, "timings": written}
        databases = database.settings(pooled=server in POOLED)
        site = Site(databases=databases, **facts)
        timings = Timings(written)
        with running(server, site, folder / "log") as served:
            asyncio.run(load(served.address, _requests(time.monotonic() + 3), connections=8))
            for name in names:
                timings.take()
                fault = FAULTS.get(name, lambda *_: nullcontext())
                phase = Phase(name)
                with fault(redis_server, proxy):
                    deadline = time.monotonic() + each
                    _ask(served, phase, deadline, connections)
                    phase.ours = timings.take()
                    if name != "none":
                        phase.problem = problem_told(served)
                phase.recovered_s = seconds_to_recover(served, redis_server.url)
                yield phase


def _requests(deadline: float) -> Iterator[Asked]:
    for name in itertools.cycle(QUIET):
        if time.monotonic() > deadline:
            return
        yield exact.request(name)


def _ask(served: Server, phase: Phase, deadline: float, connections: int) -> None:
    answered = asyncio.run(load(served.address, _requests(deadline), connections=connections))
    phase.requests = len(answered)
    phase.unexpected = unexpected(answered)
    phase.response_s = [asked.seconds for asked in answered]


def unexpected(answered: Sequence[Asked]) -> Counter[int]:
    """Statuses that the pages do not mean to give."""
    return Counter(a.status for a in answered if a.status != PAGES[exact.name_of(a.path)].status)


def problem_told(served: Server) -> str | None:
    """The notice on the dashboard, as soon as a worker says something."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        page = httpx.get(f"{served.address}/_orm/", timeout=PATIENCE_S)
        _, found, rest = page.text.partition(NOTICE)
        if page.status_code == 200 and found:
            return found + rest.partition("<")[0]
    return None


def seconds_to_recover(served: Server, redis_url: str) -> float | None:
    """Until a request is in Redis at once, and no dashboard tells of a problem."""
    began = time.monotonic()
    store = RedisStore(redis_url, max_traces=RING, max_bytes=2**30)
    try:
        while time.monotonic() < began + PATIENCE_S:
            # One that is asked before what waits elsewhere is written may have to make room for it.
            wanted = exact.request("plain").path
            httpx.get(served.address + wanted, timeout=PATIENCE_S)
            time.sleep(0.1)
            kept = [trace for trace in exact.traces_in(store) if trace.path == wanted]
            page = httpx.get(f"{served.address}/_orm/", timeout=PATIENCE_S)
            if kept and page.status_code == 200 and NOTICE not in page.text:
                return time.monotonic() - began
    finally:
        store.close()
    return None
