"""Writes everything that still waits when a process ends, in the order in which it is handed on."""

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
    """Write everything that still waits."""
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
    """Flush at Python's exit, and at the end of a process of ``multiprocessing``, which skips it.

    Each forked process registers anew; ``multiprocessing`` forgets in its children everything that
    was registered before.
    """
    util.register_after_fork(flush, _flush_at_end)
    os.register_at_fork(after_in_child=_flush_at_end)
    _flush_at_end()


def _flush_at_end(_: object = None) -> None:
    util.Finalize(None, flush, exitpriority=0)
