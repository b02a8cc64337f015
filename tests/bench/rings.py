"""Prints size and server time of each page of the dashboard: a full ring, and a trace of very
many queries: ``python -m tests.bench.rings``.

Each page is asked for as a browser does. The first time nothing is known of the traces yet.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from time import perf_counter
from typing import Any

import django
from django.conf import settings
from django.urls import include, path

from orm_insight.model.trace import Query
from tests.builders import make_query, make_site, make_trace

urlpatterns = [path("_orm/", include("orm_insight.urls"))]
WHOLE = ("", "traces/", "problems/", "endpoints/", "lines/", "statements/", "traces/?q=book_3")
Row = tuple[str, float, float, float]
"""A page, the first time and again in milliseconds, and its kilobytes."""


def configure() -> None:
    settings.configure(
        DEBUG=True,
        SECRET_KEY="only for the benchmark",
        ALLOWED_HOSTS=["*"],
        INTERNAL_IPS=["127.0.0.1"],
        INSTALLED_APPS=["orm_insight"],
        MIDDLEWARE=["orm_insight.middleware.OrmInsightMiddleware"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        ROOT_URLCONF="tests.bench.rings",
        USE_TZ=True,
    )
    django.setup()


def queries(number: int, count: int, lines: int) -> Iterator[Query]:
    """Queries of ``lines`` lines in turn, as a page with some loops asks."""
    for index in range(count):
        line = index % lines
        yield make_query(
            f'SELECT "id", "title", "body" FROM "book_{line}" WHERE "shelf_id" = %s',
            params=(index,),
            site=make_site(f"/app/shop_{number % 20}/views.py", 10 + line),
            started_ms=index * 0.9,
            duration_ms=0.3 + line / 10,
        )


def fill(traces: int, count: int) -> None:
    insight = import_module("orm_insight.insight")
    begin = datetime.now(UTC) - timedelta(minutes=30)
    for number in range(traces):
        insight.keep(
            make_trace(
                *queries(number, count, 8),
                path=f"/shop/{number % 40}/",
                url_name=f"shop-{number % 40}",
                started_at=begin + timedelta(seconds=9 * number),
                duration_ms=count * 1.1,
            )
        )


def measure(pages: Sequence[str]) -> Iterator[Row]:
    client = import_module("django.test").Client()
    for page in pages:
        first, size = ask(client, page)
        again = [ask(client, page)[0] for _ in range(5)]
        yield page or "(overview)", first, statistics.median(again), size


def ask(client: Any, page: str) -> tuple[float, float]:
    began = perf_counter()
    response = client.get(f"/_orm/{page}")
    took = (perf_counter() - began) * 1e3
    if response.status_code != 200:
        raise RuntimeError(f"{page} was answered by {response.status_code}")
    return took, len(response.content) / 1e3


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rings", description=__doc__)
    parser.add_argument("--traces", type=int, default=200, help="of the ring (default: 200)")
    parser.add_argument("--queries", type=int, default=60, help="of each (default: 60)")
    parser.add_argument("--long", type=int, default=10_000, help="of the long one")
    parser.add_argument("--json", action="store_true", help="figures for a program")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    configure()
    fill(options.traces, options.queries)
    rows = list(measure(WHOLE))
    insight = import_module("orm_insight.insight")
    insight.clear()
    long = make_trace(*queries(0, options.long, 8), duration_ms=options.long * 1.1)
    insight.keep(long)
    traced = f"traces/{long.id}/"
    rows += measure([f"{traced}{part}" for part in ("", "groups/", "queries/?offset=5000")])
    if options.json:
        print(
            json.dumps([{"page": p, "first_ms": f, "again_ms": a, "kB": k} for p, f, a, k in rows])
        )
        return 0
    print(f"Python {platform.python_version()}, Django {django.get_version()}")
    print(f"{options.traces} traces of {options.queries} queries; one of {options.long:,}")
    print(f"{'':<44}{'first':>10}{'again':>10}{'size':>10}")
    for page, first, again, size in rows:
        print(f"{page.replace(long.id, '<id>'):<44}{first:>7.0f} ms{again:>7.0f} ms{size:>7.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
