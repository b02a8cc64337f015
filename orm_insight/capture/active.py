"""The recorder of the running request, task or block, if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from orm_insight.capture.recorder import Recorder

if TYPE_CHECKING:
    from orm_insight.capture.recorder import Recorder


active: ContextVar[Recorder | None] = ContextVar("orm_insight_recorder", default=None)


# Begins and ends a recording: what the middleware, the panel and ``capture()`` have in common.


@contextmanager
def paused() -> Iterator[None]:
    """Record nothing of the block: it is our own work."""
    token = active.set(None)
    try:
        yield
    finally:
        active.reset(token)
