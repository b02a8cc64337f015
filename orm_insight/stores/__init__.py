"""Stores of finished traces, each with the protocol in ``base``, and the one of this process.

A store knows traces and nothing else: no settings, no analysis, no capture.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core import mail
from django.utils.module_loading import import_string

from orm_insight import faults
from orm_insight.conf import Config, get_config
from orm_insight.imports import late
from orm_insight.stores import reloads

if TYPE_CHECKING:
    from orm_insight.model.trace import Trace
    from orm_insight.stores import file, memory
    from orm_insight.stores.base import Listed, PinOutcome, TraceStore
else:
    file = late("orm_insight.stores.file")
    memory = late("orm_insight.stores.memory")


class _State:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.store: TraceStore | None = None


_state = _State()


def prepare() -> None:
    """Make the store before there are threads, where that takes long.

    Two threads that import a driver at once get in each other's way; a file is read as a whole, and
    the traces from before a reload are there as soon as somebody looks.
    """
    config = get_config()
    if config.redis_url or config.keep_traces_in is not None or reloads.is_reloaded():
        store()


def made() -> TraceStore | None:
    """The store, if this process has needed one."""
    return _state.store


def store() -> TraceStore:
    """The store of this process, made when it is first needed: the settings choose it."""
    with _state.lock:
        if _state.store is None:
            _state.store = _make_store(get_config())
        return _state.store


def _make_store(config: Config) -> TraceStore:
    limits: dict[str, Any] = {
        "max_traces": config.max_traces,
        "max_bytes": config.max_bytes,
        "max_age": timedelta(hours=config.max_age_hours),
        "worst_for": timedelta(hours=config.worst_hours),
    }
    if config.redis_url:
        try:
            # The extra may be missing, and an address may be wrong: a system check says so.
            kind = import_string("orm_insight.stores.redis.RedisStore")
            options = config.redis_options
            store: TraceStore = kind(
                config.redis_url, prefix=config.redis_prefix, options=options, **limits
            )
            return store
        except Exception as error:
            faults.report("use Redis", error)
    if config.keep_traces_in is not None:
        return file.FileStore(config.keep_traces_in, faults.report, _is_no_test_run, **limits)
    ring = memory.MemoryStore(**limits)
    if reloads.is_reloaded():
        reloads.take_over(ring)
    return ring


def _is_no_test_run() -> bool:
    """Return whether to write: requests of tests would push those of the server out of the file."""
    return not hasattr(mail, "outbox")


def reset() -> None:
    """Forget the store, so that changed settings take effect."""
    with _state.lock:
        before, _state.store = _state.store, None
    reloads.forget()
    close: Callable[[], None] | None = getattr(before, "close", None)
    if close is not None:
        close()


def recent(limit: int | None = None) -> tuple[Trace, ...]:
    """The traces of the store, newest first."""
    return tuple(traces([entry.summary.id for entry in listed(limit)]))


def traces(trace_ids: Sequence[str]) -> Iterator[Trace]:
    """The traces that are there, in this order; each is made when it is wanted."""
    return store().get_many(trace_ids)


def listed(limit: int | None = None) -> tuple[Listed, ...]:
    """The traces without their queries, newest first, each with the reasons why it is kept."""
    return store().listed(limit)


def trace(trace_id: str) -> Trace | None:
    return store().get(trace_id)


def pin(trace_id: str, *, is_pinned: bool) -> PinOutcome:
    """Keep a trace until it is unpinned, although newer ones come."""
    return store().pin(trace_id, is_pinned=is_pinned)
