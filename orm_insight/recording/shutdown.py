"""What a process still has to write when it ends, in the order in which it is handed on."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import util
from typing import TYPE_CHECKING

from orm_insight import faults, stores
from orm_insight.imports import late, loaded
from orm_insight.stores import reloads

if TYPE_CHECKING:
    from orm_insight.stores import background
else:
    background = late("orm_insight.stores.background")


_BEFORE_THE_STORE = (
    "orm_insight.recording.detached",
    "orm_insight.pipeline.with_hints",
    "orm_insight.pipeline.opentelemetry",
)


def flush() -> None:
    """Write what still waits; for processes that end without Python's own end, too."""
    try:
        for name in _BEFORE_THE_STORE:
            if (module := loaded(name)) is not None:
                module.flush()
        write: Callable[[float], object] | None = getattr(stores.made(), "flush", None)
        if write is not None:
            write(background.EXIT_S)
        reloads.hand_on()
    except Exception as error:
        faults.report("write the last traces", error)


def install() -> None:
    """At Python's own end, and where ``multiprocessing`` ends a process: it passes over that.

    A forked process has an end of its own; ``multiprocessing`` forgets in its own what was
    registered before.
    """
    util.register_after_fork(flush, _flush_behind)
    os.register_at_fork(after_in_child=_flush_behind)
    _flush_behind()


def _flush_behind(_: object = None) -> None:
    util.Finalize(None, flush, exitpriority=0)
