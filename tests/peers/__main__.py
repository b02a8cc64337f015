"""Prints one table: what each tool finds in the scenarios, names rightly, repairs, and flags."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django

from tests.peers.tools import TOOLS, Tool

ROOT = Path(__file__).parent.parent.parent
COLUMNS = "{:<14} {:>14} {:>16} {:>16} {:>15} {:>8}"
HEADINGS = ("", "found", "right relation", "applicable fix", "clean flagged", "broken")
FIELDS = ("found", "relation", "fix", "flagged")


class WorkerFailed(Exception):
    """The process of a tool ended without an answer."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("--missed", action="store_true", help="also name what each got wrong")
    parser.add_argument("--only", help=f"some of: {', '.join(TOOLS)}")
    options = parser.parse_args(arguments)
    chosen = options.only.split(",") if options.only else list(TOOLS)
    if unknown := set(chosen) - set(TOOLS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(TOOLS)}")
    print(f"Python {platform.python_version()}, Django {django.get_version()}, SQLite\n")
    print(COLUMNS.format(*HEADINGS))
    for tool in map(TOOLS.__getitem__, chosen):
        if find_spec(tool.requires) is None:
            print(f"{tool.name:<14} missing: pip install -e '.[bench]'")
            continue
        try:
            verdicts = verdicts_of(tool)
        except WorkerFailed as failure:
            print(f"{tool.name:<14} does not run here: {failure}")
            continue
        broken = sum(verdict["error"] is not None for verdict in verdicts)
        print(COLUMNS.format(tool.name, *(score(verdicts, field) for field in FIELDS), broken))
        if options.missed:
            print_missed(verdicts)
    return 0


def verdicts_of(tool: Tool) -> list[dict[str, Any]]:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.peers.worker", tool.name],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.peers.settings",
            "ORM_INSIGHT_PEER_APPS": ",".join(tool.apps),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise WorkerFailed(finished.stderr.strip().splitlines()[-1])
    verdicts: list[dict[str, Any]] = json.loads(finished.stdout)
    return verdicts


def score(verdicts: list[dict[str, Any]], field: str) -> str:
    asked = [verdict[field] for verdict in verdicts if verdict[field] is not None]
    return f"{sum(asked)} of {len(asked)}"


def print_missed(verdicts: list[dict[str, Any]]) -> None:
    for verdict in verdicts:
        wrong = [field for field in FIELDS[:3] if verdict[field] is False]
        wrong += ["flagged"] if verdict["flagged"] else []
        wrong += [verdict["error"]] if verdict["error"] else []
        if wrong:
            print(f"    {verdict['scenario']}: {', '.join(wrong)}")


if __name__ == "__main__":
    sys.exit(main())
