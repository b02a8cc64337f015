"""The process of one contender: it serves the page when told to, and answers with figures.

Each line of standard input is a command, each line of standard output its answer in JSON.
A process of its own for each contender, because some of them patch Django for good.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import RequestFactory
from django.utils.module_loading import import_string

from tests.bench import keepers

WARM_UP_PAGES = 3
MEMORY_PAGES = 5


class Site:
    """The project behind WSGI, asked for its page without a network between."""

    def __init__(self) -> None:
        django.setup()
        call_command("migrate", verbosity=0)  # first what the tables without migrations refer to
        call_command("migrate", run_syncdb=True, verbosity=0)
        project = import_module(settings.ROOT_URLCONF)
        project.fill()
        self.queries = project.QUERIES
        self.marks = project.TimedRows.marks
        self.application = get_wsgi_application()
        self.environ = RequestFactory().get("/").environ
        self.depth = self.measure_depth()
        for _ in range(WARM_UP_PAGES):
            self.serve()
        proof = settings.BENCH_CONTENDER.proof
        if proof and not import_string(proof)(self.queries):
            raise RuntimeError("The page was not captured as it should be")

    def serve(self) -> None:
        with settings.BENCH_CONTENDER.around():
            response = self.application(dict(self.environ), start_response)
            body = b"".join(response)
            response.close()
        if b"Book 199 by Person 199" not in body:
            raise RuntimeError(f"This is not the page: {body[:500]!r}")

    def measure_depth(self) -> int:
        """How many Python frames lie below the innermost query; also counts the queries."""
        depths = []
        with watch_queries(depths.append):
            self.serve()
        if len(depths) < self.queries:
            raise RuntimeError(f"{len(depths)} queries instead of {self.queries}")
        return max(depths)

    def time_page(self) -> dict[str, float]:
        """Seconds of a row in the middle of them all, by both clocks, and of the whole page."""
        gc.collect()
        started = time.perf_counter()
        self.serve()
        page = time.perf_counter() - started
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(self.marks)]
        cpu, wall = (statistics.median(each) for each in zip(*steps, strict=True))
        return {"row_cpu": cpu, "row_wall": wall, "page": page}

    def measure_limits(self) -> dict[str, float]:
        """Asked of orm_insight alone, whose module the other contenders do not import."""
        ours = import_module("tests.bench.ours")
        report_ms = ours.report_ms(self.serve, self.queries)
        return {
            "idle_us": ours.idle_wrapper_us(),
            "hooks_us": ours.hooks_us(lambda: self.time_page()["row_cpu"]),
            "report_ms": report_ms,
        }

    def bytes_kept(self) -> float:
        """Memory that each query of a page seen before leaves behind."""
        tracemalloc.start()
        try:
            self.serve()
            before = traced_bytes()
            for _ in range(MEMORY_PAGES):
                self.serve()
            return (traced_bytes() - before) / (MEMORY_PAGES * self.queries)
        finally:
            tracemalloc.stop()


def start_response(status: str, headers: list[tuple[str, str]]) -> None:
    if not status.startswith("200"):
        raise RuntimeError(f"The page answered {status}")


def traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@contextmanager
def watch_queries(notice: Callable[[int], Any]) -> Iterator[None]:
    def wrapper(execute: Callable[..., Any], *args: Any) -> Any:
        depth, frame = 0, sys._getframe(1)
        while frame is not None:
            depth, frame = depth + 1, frame.f_back
        notice(depth)
        return execute(*args)

    with connection.execute_wrapper(wrapper):
        yield


def main() -> None:
    """Answer commands; the output that libraries print must not mix with the answers."""
    answers, sys.stdout = sys.stdout, sys.stderr
    site = Site()
    commands: dict[str, Callable[..., Any]] = {
        "time": site.time_page,
        "memory": site.bytes_kept,
        "limits": site.measure_limits,
        "sizes": keepers.measure,
        "depth": lambda: (site.depth, site.queries),
    }
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(commands[name](*arguments)), file=answers, flush=True)


if __name__ == "__main__":
    main()
