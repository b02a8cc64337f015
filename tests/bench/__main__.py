"""Prints what each contender adds to one query, and what it keeps of it in memory."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict

import django

from tests import servers
from tests.bench.contenders import BY_NAME, CONTENDERS, OURS, Contender
from tests.bench.rounds import Figures, Outcome, WorkerFailed, run

EXPLANATION = """
added to a query: the processor's time, median row of a page, the quietest page of each set of
processes, and of these the median; by clock: the same on the wall's
of whole page: the page's difference on the wall, its end included, divided by its queries
Limits of orm_insight: 10 µs added to a query, 300 bytes kept of a repeated one"""
COLUMNS = "{:<25} {:>10} {:>16} {:>8} {:>10} {:>14} {:>16}"

HEADINGS = (
    "",
    "page",
    "added to a query",
    "ours is",
    "by clock",
    "of whole page",
    "kept of a query",
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="turns of each (default: 30)")
    parser.add_argument("--json", action="store_true", help="figures for a program")
    parser.add_argument("--only", help=f"some of: {','.join(BY_NAME)}")
    return parser.parse_args(arguments)


def choose(only: str | None) -> list[Contender]:
    """The bare page always runs: the others are compared with it."""
    names = {"bare", *only.split(",")} if only else set(BY_NAME)
    if unknown := names - set(BY_NAME):
        sys.exit(f"Unknown: {', '.join(sorted(unknown))}; there are {', '.join(BY_NAME)}")
    return [contender for contender in CONTENDERS if contender.name in names]


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    chosen = choose(options.only)
    present = [contender for contender in chosen if not contender.missing]
    missing = [contender for contender in chosen if contender.missing]
    try:
        outcome = run(present, max(options.rounds, 1))
    except WorkerFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if options.json:
        print(json.dumps(asdict(outcome), indent=2))
    else:
        print_table(outcome)
        for contender in missing:
            print(f"{contender.title:<26} missing: pip install -e '.[bench]'")
    return 0


def print_table(outcome: Outcome) -> None:
    database = f"PostgreSQL {servers.describe_postgres()}" if servers.has_postgres() else "SQLite"
    print(f"Python {platform.python_version()}, Django {django.get_version()}, {database}")
    print(f"One page of {outcome.queries} queries, {outcome.depth} Python frames deep\n")
    print(COLUMNS.format(*HEADINGS))
    ours = next((each for each in outcome.figures if each.name == OURS.name), None)
    for each in outcome.figures:
        print(COLUMNS.format(*cells(each, ours)))
    print(EXPLANATION)
    if outcome.idle_us is not None:
        print(f"Wrapper with nothing to record: {outcome.idle_us:.2f} µs (limit 1 µs)")
        print(f"Hooks into the ORM with nothing to record: {outcome.hooks_us:+.2f} µs a query")
        print(f"Report of 10,000 queries: {outcome.report_ms:.0f} ms (limit 150 ms)")


def cells(each: Figures, ours: Figures | None) -> tuple[str, ...]:
    """The bare page's own differences are shown as well: they tell how much is noise."""
    return (
        each.title,
        f"{each.page_ms:.1f} ms",
        f"{each.added_us:.1f} µs",
        ratio(each, ours),
        f"{each.wall_us:.1f} µs",
        f"{each.page_us:.1f} µs",
        f"{max(each.bytes_kept, 0):,.0f} bytes",
    )


def ratio(peer: Figures, ours: Figures | None) -> str:
    """The cost of ours as a share of the peer's."""
    if ours is None or peer.name in {ours.name, "bare"} or peer.added_us <= 0:
        return ""
    return f"{ours.added_us / peer.added_us:.3f} x"


if __name__ == "__main__":
    sys.exit(main())
