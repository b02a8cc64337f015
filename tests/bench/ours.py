"""Questions to orm_insight alone: proof that it captures, and its two other limits."""

from __future__ import annotations

import gc
import statistics
import time
import timeit
from collections.abc import Callable
from typing import Any

from django.db import connection

import orm_insight
from orm_insight import insight
from orm_insight.capture import provenance
from orm_insight.capture.wrapper import record_query
from orm_insight.project.schema import read_schema
from orm_insight.reports.report import analyze

CALLS = 100_000
TURNS = 30
REPORTED_QUERIES = 10_000


def newest_trace_has(queries: int) -> bool:
    """The page is in the ring, with every query, its site and its parameters as they were."""
    trace = insight.recent(1)[0]
    last = trace.queries[-1]
    return len(trace.queries) == queries and last.site is not None and bool(last.params)


def idle_wrapper_us() -> float:
    """The cost of the execute wrapper where nothing is recorded."""

    def execute(*args: Any) -> None:
        return None

    context = {"connection": connection, "cursor": None}
    arguments = ("SELECT 1", (), False, context)
    through = timeit.repeat(lambda: record_query(execute, *arguments), number=CALLS)
    direct = timeit.repeat(lambda: execute(*arguments), number=CALLS)
    return (min(through) - min(direct)) / CALLS * 1e6


def hooks_us(row_seconds: Callable[[], float]) -> float:
    """The time that the hooks into the ORM add to a query where nothing is recorded.

    It is measured with and without them, in turns, in one process.
    """
    differences = []
    insight.pause()
    try:
        for turn in range(TURNS):
            seconds = {}
            for has_hooks in (True, False) if turn % 2 else (False, True):
                provenance.install() if has_hooks else provenance.uninstall()
                seconds[has_hooks] = row_seconds()
            differences.append(seconds[True] - seconds[False])
    finally:
        provenance.install()
        insight.resume()
    return statistics.median(differences) * 1e6


def report_ms(serve: Callable[[], None], queries: int) -> float:
    """The report of a trace as long as a trace gets, looked at for the first time."""
    with orm_insight.capture("a long trace") as trace:
        for _ in range(REPORTED_QUERIES // queries + 1):
            serve()
    finished = trace.finished()
    if len(finished.queries) != REPORTED_QUERIES:
        raise RuntimeError(f"The trace has {len(finished.queries)} queries")
    schema = read_schema()
    gc.collect()
    started = time.thread_time()
    report = analyze(finished, schema)
    _ = report.queries, report.groups, report.hints
    return (time.thread_time() - started) * 1e3
