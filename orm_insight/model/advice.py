"""An index that a plan asks for, as Django code, and what came of trying it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from orm_insight.model.plan import Plan


class TrialMethod(StrEnum):
    """How an index was tried."""

    HYPOTHETICAL = "hypopg"
    """The planner was told of an index that does not exist: costs, no times."""
    CREATED = "created"
    """The index was created, used and rolled back: costs and times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The same statement without and with the index.

    Costs are the planner's units. Times are ``None`` where the index was hypothetical.
    """

    method: TrialMethod
    cost_before: float
    cost_after: float
    ms_before: float | None = None
    ms_after: float | None = None
    before: Plan | None = None
    after: Plan | None = None

    @property
    def helps(self) -> bool:
        """The index at least halves what it is measured by: the time, else the cost."""
        if self.ms_before is not None and self.ms_after is not None:
            return self.ms_after * 2 <= self.ms_before
        return self.cost_after * 2 <= self.cost_before


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAdvice:
    """An index to be created.

    ``fields`` are the fields that are indexed, or that its expressions are made of.
    ``id`` is short and stable for the same index. ``hint`` is ``ORM602``, ``ORM603``, ``ORM604``
    or ``ORM606``. ``reason`` is a sentence in the words of the model. ``meta`` is an entry of
    ``Meta.indexes`` and ``meta_imports`` the lines it needs; ``migration`` is a whole migration's
    body of operations, with its imports. Where no model is known for the table, ``model`` is
    ``None`` and ``meta`` and ``migration`` are empty; ``sql`` is always there. ``note`` says what
    else to know, such as why it could not be tried.
    """

    id: str
    hint: str
    model: str | None
    table: str
    name: str
    reason: str
    sql: str
    fields: tuple[str, ...] = ()
    meta: str = ""
    meta_imports: str = ""
    migration: str = ""
    model_file: str = ""
    note: str = ""
    trial: Trial | None = None

    @property
    def is_verified(self) -> bool:
        return self.trial is not None and self.trial.helps


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the database said of one query: its plan, and the indexes that would help."""

    plan: Plan
    advice: tuple[IndexAdvice, ...] = ()
