"""Ctrl-C, a closed terminal and `kill` all end the demo in the same, orderly way."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDINGS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _terminate(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)


def end_on_signals() -> None:
    """Turn every way of ending a process from outside into KeyboardInterrupt."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if sys.platform != "win32":
        # The web server shuts down on SIGTERM and knows nothing of a closed terminal.
        signal.signal(signal.SIGHUP, _terminate)


@contextmanager
def postponed() -> Iterator[None]:
    """Run the block to its end first: starting or stopping a server is not done by halves."""
    arrived: list[int] = []
    before = {
        number: signal.signal(number, lambda received, _frame: arrived.append(received))
        for number in ENDINGS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if arrived:
        raise KeyboardInterrupt
