"""Whether a trace was recorded in depth, as its page says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Whether a trace was recorded in depth, and the form that asks for it the next time.

    ``path`` is ``None`` where there is no request to wait for.
    """

    is_deep: bool
    path: str | None
    method: str
    is_waiting: bool
    url: str
