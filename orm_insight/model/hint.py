"""Advice: what is wasted, where it comes from, and the code that removes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from orm_insight.model.frames import CallSite
from orm_insight.model.trace import Query


class Severity(StrEnum):
    """How much it matters: ``high`` is worth stopping for."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Saving(NamedTuple):
    """What the fix saves in this trace: statements, and milliseconds of database time."""

    queries: int
    ms: float


_NOTHING = Saving(0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One piece of advice.

    ``site`` is the line that issues the queries, ``origin`` the line where the queryset to be
    changed is built, ``lookup`` starts at ``model``, the model of that queryset. ``fix`` is the
    code to write, empty where none can be given; ``certain`` is false where it may not apply.
    ``imports`` are the lines that it needs and its file does not have. Where the fix alone stops
    nothing, the line that fires has to read ``instead``, in the place of its text ``replaces``.
    ``model_site`` is the class of the model into which the fix is written. ``happens`` is the first
    part of ``message``, before the advice; it may stand alone where figures of one trace would
    mislead.
    """

    code: str
    title: str
    message: str
    severity: Severity
    model: str | None = None
    lookup: str | None = None
    fix: str = ""
    site: CallSite | None = None
    sites: tuple[CallSite, ...] = ()
    origin: CallSite | None = None
    # Not in the repr: with all their frames it would bury what a failing test has to say.
    queries: tuple[Query, ...] = field(default=(), repr=False)
    saving: Saving = _NOTHING
    certain: bool = True
    docs: str = ""
    imports: tuple[str, ...] = ()
    instead: str = ""
    replaces: str = ""
    model_site: CallSite | None = None
    happens: str = ""

    @property
    def advice(self) -> str:
        """The message without the part that tells what happens."""
        return self.message.removeprefix(self.happens).lstrip()
