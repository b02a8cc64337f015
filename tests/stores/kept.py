"""Traces as they are recorded, and the file that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orm_insight.model.querylog import QueryLog
from orm_insight.model.trace import Trace
from orm_insight.stores.base import TraceStore
from orm_insight.stores.codec import encode
from orm_insight.stores.file import EncodedRing, FileStore, encode_ring
from tests import builders
from tests.builders import make_query


def make_trace(*queries: Any, **facts: Any) -> Trace:
    trace = builders.make_trace(*(queries or (make_query(params=(1, "a")),)), **facts)
    return replace(trace, queries=QueryLog.of(trace.queries))


def written(*traces: Trace, pinned: tuple[str, ...] = ()) -> bytes:
    ring = EncodedRing(pinned=pinned, traces=[encode(trace) for trace in traces])
    return b"".join(encode_ring(ring))


def file_stores(folder: Path) -> Iterator[Callable[..., TraceStore]]:
    made: list[FileStore] = []

    def make(**limits: Any) -> TraceStore:
        made.append(FileStore(folder / f"{len(made)}.traces", pytest.fail, **limits))
        return made[-1]

    yield make
    for store in made:
        store.close()
