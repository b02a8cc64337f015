"""The recorder of the running request, task or block, if there is one."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orm_insight.capture.recorder import Recorder

active: ContextVar[Recorder | None] = ContextVar("orm_insight_recorder", default=None)
