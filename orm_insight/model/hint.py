"""Advice: what is wasted, where it comes from, and the code that removes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from orm_insight.model.fix import Fix, MetaIndex, Reading
from orm_insight.model.frames import CallSite
from orm_insight.model.trace import Query


class Severity(StrEnum):
    """How much it matters: ``high`` is worth stopping for."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Saving(NamedTuple):
    """The gain of the fix in this trace: statements, and milliseconds of database time."""

    queries: int
    ms: float


_NOTHING = Saving(0, 0.0)
_ADVICE = Fix()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One piece of advice.

    ``site`` is the line that issues the queries, ``origin`` the line where the queryset to be
    changed is built, ``lookup`` starts at ``model``, the model of that queryset. ``change`` is the
    fix as a value; the texts and places of it are made from that. ``happens`` is the first part of
    ``message``, before the advice; it may stand alone where figures of one trace would mislead.
    """

    code: str
    title: str
    message: str
    severity: Severity
    model: str | None = None
    lookup: str | None = None
    change: Fix = _ADVICE
    site: CallSite | None = None
    sites: tuple[CallSite, ...] = ()
    origin: CallSite | None = None
    # Not in the repr: with all their frames it would bury what a failing test has to say.
    queries: tuple[Query, ...] = field(default=(), repr=False)
    saving: Saving = _NOTHING
    docs: str = ""
    happens: str = ""

    @property
    def advice(self) -> str:
        """The message without the part that tells what happens."""
        return self.message.removeprefix(self.happens).lstrip()

    @property
    def fix(self) -> str:
        """The code to write, empty where none can be given."""
        return self.change.code

    @property
    def certain(self) -> bool:
        """All that the fix depends on is known."""
        return self.change.is_certain

    @property
    def imports(self) -> tuple[str, ...]:
        """The lines that the fix needs and its file does not have."""
        return self.change.imports

    @property
    def instead(self) -> str:
        """The code that the line that fires has to read, where the fix alone stops nothing."""
        return self._reading.code if self._reading else ""

    @property
    def replaces(self) -> str:
        """The text of that line in the place of which ``instead`` is written."""
        return self._reading.replaces if self._reading else ""

    @property
    def model_site(self) -> CallSite | None:
        """The class of the model into which an index is written."""
        return self.change.at if isinstance(self.change.change, MetaIndex) else None

    @property
    def _reading(self) -> Reading | None:
        return self.change.readings[0] if len(self.change.readings) == 1 else None
