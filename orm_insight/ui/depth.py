"""Whether a trace was recorded in depth, as its page says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Whether a trace was recorded in depth, and the form that asks for it the next time.

    ``path`` is ``None`` where there is no request to wait for. ``only_process`` is where alone
    it is waited for; empty where any process takes it.
    """

    is_deep: bool
    path: str | None
    method: str
    is_waiting: bool
    is_shared: bool
    only_process: str
    url: str
