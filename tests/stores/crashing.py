"""Writes traces until it is killed: ``python -m tests.stores.crashing <url> <prefix>``.

Says ``ready`` when the first are written, and waits there if ``CRASHING_TRACES`` are enough. Some
traces are written twice, as those of streams are.
"""

from __future__ import annotations

import itertools
import os
import sys
import time

from orm_insight.stores.redis import RedisStore
from tests.builders import make_query, make_trace

RING = 40


class BusyStore(RedisStore):
    """Makes room whenever it has written."""

    trim_full_every_s = 0.0


def main() -> None:
    url, prefix = sys.argv[1:]
    store = BusyStore(url, prefix=prefix, max_traces=RING)
    enough = int(os.environ.get("CRASHING_TRACES", "0"))
    for number in itertools.count(1):
        trace = make_trace(*[make_query("SELECT %s", params=(number,))] * (number % 50))
        store.save(trace)
        if number % 3 == 0:
            store.save(trace)
        if number % 10 == 0:
            store.flush()
        if number == (enough or 10):
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            if enough:
                time.sleep(60)


if __name__ == "__main__":
    main()
