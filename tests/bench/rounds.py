"""Runs the contenders in turns, each in a process of its own, and sums up what they answer."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg

from tests import servers
from tests.bench.contenders import OURS, Contender

ROOT = Path(__file__).parent.parent.parent
TURNS_OF_A_HEAT = 3


class WorkerFailed(RuntimeError):
    """A contender's process ended; the message holds the end of what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One contender beside the bare page.

    ``added_us`` is the processor's time by which the median row of a page, and so the median
    query, costs more; ``wall_us`` the same on the wall's clock, which on a busy machine also
    shows what else it did. ``page_us`` is the difference of the whole page, its end included,
    divided by its queries.
    """

    name: str
    title: str
    page_ms: float
    added_us: float
    wall_us: float
    page_us: float
    bytes_kept: float


class Worker:
    """A contender's process; ``ask`` sends a command and waits for the answer."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self.process = process
        self.errors = errors

    def ask(self, *command: Any) -> Any:
        print(json.dumps(command), file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self) -> Any:
        if line := self.process.stdout.readline():
            return json.loads(line)
        self.errors.seek(0)
        raise WorkerFailed(self.errors.read()[-3000:])

    def take_turn(self, bare: Worker, *, bare_first: bool) -> Turn:
        """One page, and at once a bare one beside it: what slows the machine slows both."""
        if bare_first:
            return Turn(bare=bare.ask("time"), own=self.ask("time"))
        return Turn(own=self.ask("time"), bare=bare.ask("time"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The seconds, by name, that a contender's page and the bare one beside it took."""

    own: Mapping[str, float]
    bare: Mapping[str, float]


def added(heats: Sequence[Sequence[Turn]], name: str) -> float:
    """The median of the heats; of each, its quietest turns, for what disturbs can only add."""
    return statistics.median(
        min(turn.own[name] for turn in turns) - min(turn.bare[name] for turn in turns)
        for turns in heats
    )


@contextmanager
def running_worker(contender: Contender, database: Mapping[str, Any]) -> Iterator[Worker]:
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "ORM_INSIGHT_BENCH_CONTENDER": contender.name,
        "ORM_INSIGHT_BENCH_DATABASE": json.dumps(database),
    }
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.worker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                yield Worker(process, errors)
            finally:
                process.kill()


@contextmanager
def databases(names: Sequence[str]) -> Iterator[dict[str, Mapping[str, Any]]]:
    """An empty database for each contender: PostgreSQL, or SQLite where there is none."""
    if servers.has_postgres():
        with servers.running_postgres() as url:
            yield {name: create_postgres_database(url, f"bench_{name}") for name in names}
    else:
        with tempfile.TemporaryDirectory(prefix="orm-insight-") as folder:
            engine = "django.db.backends.sqlite3"
            yield {
                name: {"ENGINE": engine, "NAME": str(Path(folder, f"{name}.sqlite3"))}
                for name in names
            }


def create_postgres_database(url: str, name: str) -> Mapping[str, Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        **servers.connection_settings(url),
        "NAME": name,
        "CONN_MAX_AGE": None,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A whole run: how deep the queries fired, and the figures of each contender.

    ``idle_us`` is our wrapper with nothing to record, ``hooks_us`` what the hooks into the ORM add
    to a query then, ``report_ms`` the report of 10,000 queries.
    """

    depth: int
    queries: int
    figures: tuple[Figures, ...]
    idle_us: float | None
    hooks_us: float | None
    report_ms: float | None


def run(contenders: Sequence[Contender], rounds: int) -> Outcome:
    """The first contender is the one that the others are compared with.

    The rounds are spread over heats of a few turns, each with new processes: where a process has
    its memory can cost or spare it more, for as long as it lives, than what is to be measured.
    """
    shares = [TURNS_OF_A_HEAT] * (rounds // TURNS_OF_A_HEAT)
    if rounds % TURNS_OF_A_HEAT:
        shares.append(rounds % TURNS_OF_A_HEAT)
    heats: dict[str, list[list[Turn]]] = {contender.name: [] for contender in contenders}
    for share in shares[1:]:
        with running_heat(contenders) as workers:
            run_turns(workers, share, heats)
    with running_heat(contenders) as workers:
        run_turns(workers, shares[0], heats)
        memory = {name: worker.ask("memory") for name, worker in workers.items()}
        depth, queries = workers[contenders[0].name].ask("depth")
        limits = workers[OURS.name].ask("limits") if OURS.name in workers else {}
    figures = tuple(
        figures_of(each, heats[each.name], queries, memory[each.name]) for each in contenders
    )
    return Outcome(
        depth=depth,
        queries=queries,
        figures=figures,
        idle_us=limits.get("idle_us"),
        hooks_us=limits.get("hooks_us"),
        report_ms=limits.get("report_ms"),
    )


def figures_of(
    contender: Contender, heats: list[list[Turn]], queries: int, memory: float
) -> Figures:
    pages = [turn.own["page"] for turns in heats for turn in turns]
    return Figures(
        name=contender.name,
        title=contender.title,
        page_ms=statistics.median(pages) * 1e3,
        added_us=added(heats, "row_cpu") * 1e6,
        wall_us=added(heats, "row_wall") * 1e6,
        page_us=added(heats, "page") / queries * 1e6,
        bytes_kept=memory,
    )


@contextmanager
def running_heat(contenders: Sequence[Contender]) -> Iterator[dict[str, Worker]]:
    """New databases and processes, warmed up."""
    with ExitStack() as stack:
        homes = stack.enter_context(databases([contender.name for contender in contenders]))
        workers = {
            each.name: stack.enter_context(running_worker(each, homes[each.name]))
            for each in contenders
        }
        for worker in workers.values():
            worker.answer()
        yield workers


def run_turns(
    workers: Mapping[str, Worker], turns: int, heats: Mapping[str, list[list[Turn]]]
) -> None:
    """One heat: each contender's turns are added to its list."""
    bare = next(iter(workers.values()))
    for name in workers:
        heats[name].append([])
    for number in range(turns):
        for name, worker in workers.items():
            heats[name][-1].append(worker.take_turn(bare, bare_first=number % 2 == 0))
