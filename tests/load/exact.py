"""Compares what the traces hold with what the database was asked, statement by statement."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import uuid4

from orm_insight.model.trace import Trace
from orm_insight.stores.redis import RedisStore
from tests.load.client import Asked
from tests.load.database import Database
from tests.load.pages import LEFT, PAGES

SETTLE_S = 20.0

Statement = tuple[str, int]


def requests(number: int) -> list[Asked]:
    """All pages alike, in any order, each with a token of its own."""
    names = [name for name, _ in zip(_forever(PAGES), range(number), strict=False)]
    random.shuffle(names)
    return [request(name) for name in names]


def request(name: str) -> Asked:
    path = f"/{name}/{name}-{uuid4().hex[:12]}/{PAGES[name].statements}/"
    return Asked(path, leaves=name in LEFT)


def _forever(names: Iterable[str]) -> Iterator[str]:
    known = list(names)
    while True:
        yield from known


def name_of(path: str) -> str:
    return path.split("/")[1]


def token_of(path: str) -> str:
    return path.split("/")[2]


def statements_of(trace: Trace) -> list[Statement]:
    """The statements of a page; they are called by its token and their number."""
    return [(q.params[0], q.params[1]) for q in trace.queries if is_of_page(q.params)]


def is_of_page(params: object) -> bool:
    if not isinstance(params, tuple) or len(params) < 2 or not isinstance(params[0], str):
        return False
    return params[0].rpartition("-")[0] in PAGES


@dataclass
class Findings:
    """The numbers compared, and all that did not fit: empty where everything is right."""

    requests: int = 0
    statements: int = 0
    traces: int = 0
    wrong: list[str] = field(default_factory=list)

    def say(self, what: str) -> None:
        self.wrong.append(what)

    def add(self, other: Findings) -> None:
        self.requests += other.requests
        self.statements += other.statements
        self.traces += other.traces
        self.wrong += other.wrong


def compare(answered: list[Asked], asked: Counter[Statement], traces: list[Trace]) -> Findings:
    """Each statement is on exactly one trace, which is that of its request or follows it."""
    findings = Findings(len(answered), asked.total(), len(traces))
    recorded = Counter(pair for trace in traces for pair in statements_of(trace))
    for pair in sorted((asked - recorded).keys() | (recorded - asked).keys()):
        findings.say(f"{pair}: asked {asked[pair]} times, recorded {recorded[pair]} times")
    by_path: dict[str, list[Trace]] = {}
    for trace in traces:
        check_purity(trace, findings)
        if trace.kind == "request":
            by_path.setdefault(trace.path or "", []).append(trace)
    for each in answered:
        _check_request(each, by_path.get(each.path, []), asked, findings)
    return findings


def check_purity(trace: Trace, findings: Findings) -> None:
    tokens = {token for token, _ in statements_of(trace)}
    if len(tokens) > 1 or (trace.kind == "request" and tokens - {token_of(trace.path or "///")}):
        findings.say(f"{trace.name} holds statements of {sorted(tokens)}")


def _check_request(
    each: Asked, own: list[Trace], asked: Counter[Statement], findings: Findings
) -> None:
    page, token = PAGES[name_of(each.path)], token_of(each.path)
    if each.status != page.status:
        findings.say(f"{each.path} was answered by {each.status}")
    if len(own) != 1:
        findings.say(f"{each.path} has {len(own)} traces")
        return
    if page.is_broken_off:
        return
    whole = {(token, number): 1 for number in range(page.statements)}
    if {pair: asked[pair] for pair in whole} != whole:
        findings.say(f"{each.path} did not ask what it should: is the test itself wrong?")
    is_whole = page.view.__name__ != "abandons"
    if is_whole and len(own[0].queries) != page.statements + page.others:
        findings.say(f"{each.path} has {len(own[0].queries)} statements")


def traces_in(store: RedisStore) -> list[Trace]:
    ids = [entry.summary.id for entry in store.listed()]
    return [trace for id in ids if (trace := store.get(id)) is not None]


def settled(answered: list[Asked], database: Database, store: RedisStore) -> Findings:
    """Compares again and again until it fits: what was left behind goes on for a while."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        findings = compare(answered, database.asked(), traces_in(store))
        if not findings.wrong or time.monotonic() > deadline:
            return findings
        time.sleep(0.3)
