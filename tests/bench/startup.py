"""Prints the time and the modules that the app adds to ``django.setup()``.

Run as ``python -m tests.bench.startup``. Each figure is the median of whole processes, which take
turns: a project without the app, the same one with it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import django

ROOT = Path(__file__).parent.parent.parent
PROJECTS = ("small", "full")
LIMIT_MS = 80
LIMIT_MODULES = 70
LIMIT_IMPORT_MS = 15

SETUP = """
import json, sys, time
from django.conf import settings

project, has_app = sys.argv[1], sys.argv[2] == "with"
apps = ["django.contrib.contenttypes", "django.contrib.auth"]
if project == "full":
    names = ("admin", "sessions", "messages", "staticfiles")
    apps += [*(f"django.contrib.{name}" for name in names), "debug_toolbar"]
middleware = []
if has_app:
    apps.append("orm_insight")
    middleware.append("orm_insight.middleware.OrmInsightMiddleware")
settings.configure(
    DEBUG=True,
    INSTALLED_APPS=apps,
    MIDDLEWARE=middleware,
    SECRET_KEY="of a benchmark",
    STATIC_URL="static/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
import django

started, cpu = time.perf_counter(), time.process_time()
django.setup()
spent = time.perf_counter() - started, time.process_time() - cpu
modules = sorted(sys.modules)
"""
IMPORT = """
import json, sys, time

started, cpu = time.perf_counter(), time.process_time()
import orm_insight
spent = time.perf_counter() - started, time.process_time() - cpu
modules = sorted(sys.modules)
"""
ANSWER = '\nprint(json.dumps({"wall": spent[0], "cpu": spent[1], "modules": modules}))\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One process: seconds by the wall's clock and of the processor, and what is imported."""

    wall: float
    cpu: float
    modules: frozenset[str]


def start(code: str, *arguments: str, then: str = "") -> Start:
    """Run the code in a process of its own; ``then`` is what it does before it answers."""
    process = subprocess.run(
        [sys.executable, "-c", code + then + ANSWER, *arguments],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    answer = json.loads(process.stdout.splitlines()[-1])
    modules = frozenset(answer["modules"])
    return Start(wall=answer["wall"], cpu=answer["cpu"], modules=modules)


def project(name: str, *, has_app: bool, then: str = "") -> Start:
    return start(SETUP, name, "with" if has_app else "without", then=then)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="processes of each (default: 20)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    rounds = max(parse(arguments).rounds, 1)
    print(f"Python {platform.python_version()}, Django {django.get_version()}, {rounds} rounds\n")
    print("django.setup()    without        with       added   ratio   by clock   modules")
    for name in PROJECTS:
        pairs = [(project(name, has_app=False), project(name, has_app=True)) for _ in range(rounds)]
        print(row(name, pairs))
    alone = median(start(IMPORT).cpu for _ in range(rounds))
    print(f"\nimport orm_insight alone: {alone * 1000:.1f} ms (limit {LIMIT_IMPORT_MS} ms)")
    print(f"Limits of django.setup(): {LIMIT_MS} ms and {LIMIT_MODULES} modules added")
    print("Times are the processor's; by clock: the time added on the wall's.")
    return 0


def row(name: str, pairs: Sequence[tuple[Start, Start]]) -> str:
    """The difference is the median of each round's, whose processes ran one after the other."""
    without, within = (median(pair[i].cpu for pair in pairs) * 1000 for i in (0, 1))
    added = median(b.cpu - a.cpu for a, b in pairs) * 1000
    wall = median(b.wall - a.wall for a, b in pairs) * 1000
    modules = len(pairs[0][1].modules - pairs[0][0].modules)
    return (
        f"{name:<14} {without:7.1f} ms {within:8.1f} ms {added:8.1f} ms {within / without:6.2f} x "
        f"{wall:7.1f} ms {modules:9}"
    )


if __name__ == "__main__":
    sys.exit(main())
