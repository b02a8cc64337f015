"""The recorder of the running request, task or block, if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from orm_insight.capture.recorder import Recorder

active: ContextVar[Recorder | None] = ContextVar("orm_insight_recorder", default=None)


@contextmanager
def paused() -> Iterator[None]:
    """Record nothing inside the block, which is our own work."""
    token = active.set(None)
    try:
        yield
    finally:
        active.reset(token)
