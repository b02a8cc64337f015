"""Failures of our own: counted, logged once each, never raised into the user's code."""

from __future__ import annotations

import logging
import threading
from collections import Counter

logger = logging.getLogger("orm_insight")

_counts: Counter[str] = Counter()
_lock = threading.Lock()


def report(step: str, error: BaseException) -> None:
    """Count a failure in ``step``; the first one of its kind is logged with its traceback."""
    key = f"{step}: {type(error).__name__}: {error}"[:300]
    with _lock:
        is_new = key not in _counts
        _counts[key] += 1
    if is_new:
        logger.error(
            "orm_insight failed to %s; the application is not affected. "
            "Further failures of this kind are only counted.",
            step,
            exc_info=error,
        )


def counts() -> dict[str, int]:
    """How often each failure happened in this process."""
    with _lock:
        return dict(_counts)


def clear() -> None:
    with _lock:
        _counts.clear()
