"""Prints what a trace of very many queries takes, in memory and in Redis, and how long to read it.

The page asks the same statement again with other parameters, or a different one each time.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import django

from tests import servers
from tests.bench.contenders import BY_NAME, Contender
from tests.bench.rounds import WorkerFailed, databases, running_worker
from tests.redis_server import running_redis

KEEPERS = ("ours", "toolbar", "silk")
PAGES = ("repeated", "different")
ROWS: tuple[tuple[str, str, float, str], ...] = (
    ("in_memory", "kept in memory, of each query", 1, "bytes"),
    ("in_redis", "kept in Redis, of each query", 1, "bytes"),
    ("in_database", "kept in the database, of each query", 1, "bytes"),
    ("page_ms", "page of the trace, the first time", 1, "ms"),
    ("page_again_ms", "page of the trace, again", 1, "ms"),
    ("page_bytes", "page of the trace, size", 1e-3, "kB"),
    ("read_memory_ms", "read from memory", 1, "ms"),
    ("read_redis_ms", "read from Redis", 1, "ms"),
    ("encode_ms", "encode, beside another thread", 1, "ms"),
    ("encode_wait_ms", "  longest wait of that thread", 1, "ms"),
    ("decode_ms", "decode, beside another thread", 1, "ms"),
    ("decode_wait_ms", "  longest wait of that thread", 1, "ms"),
    ("usual_wait_ms", "its wait beside a loop that counts", 1, "ms"),
)

Sizes = Mapping[tuple[str, str], Mapping[str, float | None]]
"""By contender and page."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sizes", description=__doc__)
    parser.add_argument("--queries", type=int, default=10_000, help="of a page (default: 10,000)")
    parser.add_argument("--only", default=",".join(KEEPERS), help="some of: %(default)s")
    parser.add_argument("--json", action="store_true", help="figures for a program")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    names = options.only.split(",")
    if unknown := set(names) - set(KEEPERS):
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}; there are {', '.join(KEEPERS)}")
    present = [BY_NAME[name] for name in names if not BY_NAME[name].missing]
    try:
        found = run(present, max(options.queries, 1))
    except WorkerFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([{"name": n, "page": p, **each} for (n, p), each in found.items()]))
    else:
        print_tables(present, found, options.queries)
    return 0


def run(contenders: Sequence[Contender], queries: int) -> Sizes:
    """A process and a database of its own for each contender and page, one after another."""
    found = {}
    with ExitStack() as stack:
        pairs = [(each, page) for page in PAGES for each in contenders]
        homes = stack.enter_context(databases([f"{each.name}_{page}" for each, page in pairs]))
        url = stack.enter_context(running_redis()).url
        for each, page in pairs:
            with running_worker(each, homes[f"{each.name}_{page}"]) as worker:
                worker.answer()
                found[each.name, page] = worker.ask("sizes", page, queries, url)
    return found


def print_tables(contenders: Sequence[Contender], found: Sizes, queries: int) -> None:
    database = f"PostgreSQL {servers.describe_postgres()}" if servers.has_postgres() else "SQLite"
    print(f"Python {platform.python_version()}, Django {django.get_version()}, {database}")
    line = "{:<38}" + "{:>26}" * len(contenders)
    for page in PAGES:
        print(f"\nOne page of {queries:,} queries, {page}")
        print(line.format("", *(each.title for each in contenders)))
        for key, title, scale, unit in ROWS:
            values = [found[each.name, page].get(key) for each in contenders]
            if any(value is not None for value in values):
                print(line.format(title, *(cell(value, scale, unit) for value in values)))


def cell(value: float | None, scale: float, unit: str) -> str:
    if value is None:
        return "-"
    shown = value * scale
    return f"{shown:,.0f} {unit}" if shown >= 10 else f"{shown:.2g} {unit}"


if __name__ == "__main__":
    sys.exit(main())
