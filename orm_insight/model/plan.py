"""An execution plan as the database explained it: a tree of ``PlanNode``.

Times are milliseconds; ``None`` where the plan was not executed or timing was off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNode:
    """One step. ``rows`` is of all loops, ``plan_rows`` the estimate for one loop.

    ``total_ms`` is wall time with children, ``self_ms`` without them. ``executed`` is false
    where the statement ran and never came here. ``raw`` holds every key of the database's
    answer but the children.
    """

    node_type: str
    relation: str | None = None
    index: str | None = None
    loops: float | None = None
    rows: float | None = None
    plan_rows: float | None = None
    total_ms: float | None = None
    self_ms: float | None = None
    executed: bool = True
    children: tuple[PlanNode, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    def walk(self) -> Iterator[PlanNode]:
        """This node and all below it, in pre-order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a node, and what to do about it."""

    code: str
    node: PlanNode
    message: str
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan. ``triggers`` are the database's own records of fired triggers.

    ``raw`` holds what else the database said about the whole: settings, buffers of the planning.
    """

    root: PlanNode
    planning_ms: float | None = None
    execution_ms: float | None = None
    triggers: tuple[Mapping[str, Any], ...] = ()
    findings: tuple[Finding, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    def nodes(self) -> Iterator[PlanNode]:
        """All nodes in pre-order."""
        return self.root.walk()
