"""An execution plan as the database explained it, and the indexes that it asks for.

Times are milliseconds, or ``None`` if the plan was not executed or timing was off. "Self" is a
step without the steps below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffers:
    """Blocks that a step touched in all its loops and workers; a block usually has 8 kB."""

    shared_hit: int = 0
    shared_read: int = 0
    shared_dirtied: int = 0
    shared_written: int = 0
    local_hit: int = 0
    local_read: int = 0
    local_dirtied: int = 0
    local_written: int = 0
    temp_read: int = 0
    temp_written: int = 0

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNode:
    """One step. ``rows`` is of all loops, ``plan_rows`` the estimate for one loop.

    ``total_ms`` is wall time with children, ``self_ms`` without them. ``buffers``, ``io_read_ms``
    and ``io_write_ms`` are the step's own, and ``None`` if the database did not count them.
    ``executed`` is false if the statement ran and never came here. ``workers`` are the database's
    records of parallel workers. ``raw`` holds every key of the database's answer but the children.
    """

    node_type: str
    relation: str | None = None
    schema: str | None = None
    alias: str | None = None
    index: str | None = None
    loops: float | None = None
    rows: float | None = None
    plan_rows: float | None = None
    total_ms: float | None = None
    self_ms: float | None = None
    buffers: Buffers | None = None
    io_read_ms: float | None = None
    io_write_ms: float | None = None
    executed: bool = True
    workers: tuple[Mapping[str, Any], ...] = ()
    children: tuple[PlanNode, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    def walk(self) -> Iterator[PlanNode]:
        """This node and all below it, in pre-order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A flaw of a node, its share of the time, and the next step against it.

    ``title`` is a badge of a few words, ``message`` a sentence, ``advice`` the next step.
    ``share`` is the part (0 to 1) of the execution that it explains, ``ms`` the same as a time.
    ``hint`` is the code of the hint that goes with it, such as ``ORM602``, or empty. If the finding
    is about the whole plan, ``is_of_plan`` is true and ``node`` is the root.
    """

    code: str
    node: PlanNode
    message: str
    title: str = ""
    advice: str = ""
    share: float = 0.0
    ms: float = 0.0
    hint: str = ""
    is_of_plan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan. ``triggers`` are the database's own records of fired triggers.

    ``findings`` are ranked by the time they explain. ``jit_ms`` is the time of compiling, summed
    over workers, ``serialization_ms`` that of converting the rows for the client. ``raw`` holds the
    rest of the database's answer about the whole: settings, buffers of the planning.
    """

    root: PlanNode
    planning_ms: float | None = None
    execution_ms: float | None = None
    serialization_ms: float | None = None
    jit_ms: float | None = None
    triggers: tuple[Mapping[str, Any], ...] = ()
    findings: tuple[Finding, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_measured(self) -> bool:
        """Return whether the statement was executed to make this plan."""
        return self.root.loops is not None

    @property
    def compiling_ms(self) -> float:
        """``jit_ms`` as wall time: every process compiles for itself, side by side."""
        launched = (node.raw.get("Workers Launched") for node in self.nodes())
        processes = 1 + max((n for n in launched if isinstance(n, int | float)), default=0)
        return (self.jit_ms or 0.0) / max(processes, 1)

    def nodes(self) -> Iterator[PlanNode]:
        """All nodes in pre-order."""
        return self.root.walk()


# -- indexes that a plan asks for -------------------------------------------------------------


class TrialMethod(StrEnum):
    """The ways to try an index."""

    HYPOTHETICAL = "hypopg"
    """The planner was told of an index that does not exist, which gives costs but no times."""
    CREATED = "created"
    """The index was created, used and rolled back, which gives costs and times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The same statement without and with the index.

    Costs are in the planner's units. Times are ``None`` if the index was hypothetical.
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
        """Return whether the index at least halves the time, or the cost if no time is known."""
        if self.ms_before is not None and self.ms_after is not None:
            return self.ms_after * 2 <= self.ms_before
        return self.cost_after * 2 <= self.cost_before


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAdvice:
    """An index to be created.

    ``fields`` are the indexed fields, or those in its expressions. ``id`` is short and stable for
    the same index. ``hint`` is ``ORM602``, ``ORM603``, ``ORM604`` or ``ORM606``. ``reason`` is a
    sentence in the words of the model. ``meta`` is an entry of ``Meta.indexes``, and
    ``meta_imports`` are the lines it needs; ``migration`` holds all operations of a migration, with
    its imports. If no model is known for the table, ``model`` is ``None``, and ``meta`` and
    ``migration`` are empty; ``sql`` is always there. ``note`` says more, such as the reason why the
    index could not be tried.
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
    """The database's answer about one query: its plan, and the indexes that would help."""

    plan: Plan
    advice: tuple[IndexAdvice, ...] = ()
