"""Puts real servers under load: are all statements on their traces, and what does that cost?"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import django

from tests import servers
from tests.load.database import logging_postgres
from tests.load.endurance import Endurance, endure
from tests.load.faults import Phase, fail_in_turn, percentile
from tests.load.ratios import TITLES, measure
from tests.load.running import SERVERS, TOOLS, Site
from tests.redis_server import running_redis

MIB = 2**20
PHASE = "{:<8} {:>8} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}"
PHASE_HEADINGS = (
    *("Redis", "requests", "failed", "p50", "p99"),
    *("ours p50", "p99", "max", "CPU p99", "max", "recovers"),
)
EXPLANATION = """
In milliseconds: the response as the reader has it; what our own code takes of a request on the
wall, most of which is waiting for the interpreter while others compute; and of the processor."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("what", choices=COMMANDS, help="; ".join(COMMANDS))
    parser.add_argument("--server", choices=SERVERS, default="gunicorn")
    parser.add_argument("--connections", type=int, default=64, help="at once (default: 64)")
    time = parser.add_mutually_exclusive_group()
    time.add_argument("--minutes", type=float, help="how long (default: 2)")
    time.add_argument("--seconds", type=float, help="the same, shorter")
    parser.add_argument("--with", dest="tools", default=",".join(TOOLS), help="only for ratios")
    options = parser.parse_args(arguments)
    options.seconds = options.seconds or 60 * (options.minutes or 2)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    print(
        f"Python {platform.python_version()}, Django {django.get_version()}, "
        f"PostgreSQL {servers.describe_postgres()}, {options.server}, "
        f"{options.connections} connections"
    )
    return COMMANDS[options.what](options)


def check(options: argparse.Namespace) -> int:
    """Exactness and memory."""
    with _place() as folder, logging_postgres() as database, running_redis() as redis:
        Site(databases=database.settings(), tool="plain").make_tables()
        outcome = endure(
            options.server,
            database,
            redis.url,
            Path(folder, "log"),
            seconds=options.seconds,
            connections=options.connections,
        )
    print_endurance(outcome)
    return 1 if outcome.findings.wrong or outcome.readings[500] else 0


def print_endurance(outcome: Endurance) -> None:
    found = outcome.findings
    print(
        f"{found.requests:,} requests, {found.statements:,} statements in the database's log, "
        f"{found.traces:,} traces: {len(found.wrong) or 'nothing'} wrong"
    )
    for line in found.wrong[:20]:
        print(f"  {line}")
    rate = outcome.requests / max(outcome.seconds, 1)
    print(f"Then {outcome.requests:,} requests on a full ring, {rate:,.0f} a second: ", end="")
    print(", ".join(f"{count:,} x {status}" for status, count in sorted(outcome.statuses.items())))
    readings = ", ".join(f"{count:,} x {status}" for status, count in outcome.readings.items())
    print(f"Traces that were about to go, read meanwhile: {readings}")
    if outcome.samples:
        sizes = [sample.bytes / MIB for sample in outcome.samples]
        half = len(sizes) // 2
        print(
            f"Memory of all processes: {sizes[0]:.0f} MiB at first, "
            f"{statistics.mean(sizes[half:]):.0f} MiB in the second half, "
            f"{outcome.growth / MIB:+.1f} MiB a minute there"
        )


def compare(options: argparse.Namespace) -> int:
    """Throughput beside the bare server and other tools."""
    tools = options.tools.split(",")
    if unknown := set(tools) - set(TOOLS):
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}; there are {', '.join(TOOLS)}")
    with _place() as folder, logging_postgres() as database, running_redis() as redis:
        rates = measure(
            options.server,
            tools,
            database,
            redis.url,
            Path(folder),
            seconds=options.seconds,
            connections=options.connections,
        )
    plain = statistics.median(rates["plain"])
    print(f"{'':<28} {'requests/s':>10} {'share':>7}")
    for tool, found in rates.items():
        median = statistics.median(found)
        print(f"{TITLES[tool]:<28} {median:>10,.0f} {median / plain:>7.2f}")
    return 0


def break_redis(options: argparse.Namespace) -> int:
    """Redis fails in every way."""
    failed = False
    print(PHASE.format(*PHASE_HEADINGS))
    with _place() as folder, logging_postgres() as database, running_redis() as redis:
        Site(databases=database.settings(), tool="plain").make_tables()
        for phase in fail_in_turn(
            options.server,
            database,
            redis,
            Path(folder),
            seconds=options.seconds,
            connections=options.connections,
        ):
            print(PHASE.format(*cells(phase)))
            if phase.problem:
                print(f"  {phase.problem}")
            failed |= bool(phase.unexpected) or phase.recovered_s is None
    print(EXPLANATION)
    return int(failed)


def cells(phase: Phase) -> tuple[object, ...]:
    wall = [wall * 1e3 for wall, _ in phase.ours]
    processor = [processor * 1e3 for _, processor in phase.ours]
    return (
        phase.name,
        phase.requests,
        phase.unexpected.total(),
        f"{percentile(phase.response_s, 0.5) * 1e3:.0f}",
        f"{percentile(phase.response_s, 0.99) * 1e3:.0f}",
        f"{percentile(wall, 0.5):.2f}",
        f"{percentile(wall, 0.99):.2f}",
        f"{max(wall, default=0.0):.1f}",
        f"{percentile(processor, 0.99):.2f}",
        f"{max(processor, default=0.0):.1f}",
        "never" if phase.recovered_s is None else f"{phase.recovered_s:.1f} s",
    )


def _place() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="orm-insight-")


COMMANDS = {"check": check, "ratios": compare, "faults": break_redis}

if __name__ == "__main__":
    sys.exit(main())
