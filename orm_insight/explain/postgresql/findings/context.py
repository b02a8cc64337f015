"""The input of a rule: the plan, how its steps hang together, and the project's own names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from orm_insight.explain.postgresql.names import Names
from orm_insight.explain.raw_values import text_of
from orm_insight.explain.words import duration, percent
from orm_insight.model.catalogue import code_of_finding
from orm_insight.model.plan import Finding, Plan, PlanNode

# These read all of their input before they give the first row.
_BLOCKING = frozenset({"Sort", "Hash", "BitmapAnd", "BitmapOr", "Bitmap Heap Scan", "SetOp"})
_ROWS_NOT_COUNTED = frozenset({"BitmapAnd", "BitmapOr", "Bitmap Index Scan", "Hash"})
_APPENDS = frozenset({"Append", "Merge Append"})
_NUMBER = re.compile(r"_\d+$")
_ESTIMATED_BY_RULE = frozenset({"Recursive Union", "WorkTable Scan"})


class Context:
    """One measured plan. ``captured_ms`` is what the application had waited for the statement."""

    def __init__(self, plan: Plan, names: Names, captured_ms: float | None = None) -> None:
        self.plan = plan
        self.names = names
        self.captured_ms = captured_ms
        self._parents = {id(c): node for node in plan.nodes() for c in node.children}

    @cached_property
    def execution_ms(self) -> float:
        """The time of the whole statement; the root's time where the database gave no other."""
        return self.plan.execution_ms or self.plan.root.total_ms or 0.0

    @cached_property
    def nodes(self) -> tuple[PlanNode, ...]:
        """All steps that ran, in pre-order."""
        return tuple(node for node in self.plan.nodes() if node.executed and node.loops)

    def parent(self, node: PlanNode) -> PlanNode | None:
        return self._parents.get(id(node))

    def ancestors(self, node: PlanNode) -> Iterator[PlanNode]:
        """From the parent up to the root."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def partitions(self, node_type: str) -> Iterator[tuple[PlanNode, ...]]:
        """Every step of this type alone; those that read partitions of one table, together."""
        groups: dict[tuple[int, str], list[PlanNode]] = {}
        for node in self.nodes:
            if node.node_type == node_type:
                parent = self.parent(node)
                is_part = parent is not None and parent.node_type in _APPENDS
                key = (id(parent), partitioned(node)) if is_part else (id(node), "")
                groups.setdefault(key, []).append(node)
        return map(tuple, groups.values())

    def is_under_limit(self, node: PlanNode) -> bool:
        """A LIMIT above it may have ended the step early."""
        below = node
        for above in self.ancestors(node):
            if above.node_type == "Limit":
                return True
            if _reads_everything(above, below):
                return False
            below = above
        return False

    def ran_to_its_end(self, node: PlanNode) -> bool:
        """Nothing above can have had enough rows before there were no more."""
        if _is_subquery(node):
            return _reads_everything(node)
        below = node
        for above in self.ancestors(node):
            if above.node_type == "Limit" or _may_stop(above, below):
                return False
            if _reads_everything(above, below):
                return True
            if _is_subquery(above):
                return False
            below = above
        return True

    def has_comparable_rows(self, node: PlanNode) -> bool:
        """Its actual rows mean the same as the estimate."""
        if node.node_type in _ROWS_NOT_COUNTED | _ESTIMATED_BY_RULE:
            return False
        # MariaDB and MySQL estimate what is read; without statistics all of it counts as kept.
        if "r_rows" in node.raw or "operation" in node.raw:
            return False
        if node.node_type == "ModifyTable" and not node.rows:
            return False
        parent = self.parent(node)
        # What a merge join reads again, after it has gone back, is counted again.
        return parent is None or parent.node_type != "Merge Join" or not _is_inner(node)

    def of_time(self, ms: float) -> str:
        """``92 % of 184 ms``."""
        return f"{percent(self.share(ms))} of {duration(self.execution_ms)}"

    def share(self, ms: float) -> float:
        return min(ms / self.execution_ms, 1.0) if self.execution_ms else 0.0

    def finding(
        self,
        code: str,
        node: PlanNode,
        ms: float,
        *,
        title: str,
        message: str,
        advice: str,
        hint: str | None = None,
    ) -> Finding:
        # Rounded times of thousands of loops may add up to more than the whole.
        if node is not self.plan.root:
            ms = min(ms, self.execution_ms)
        return Finding(
            code=code,
            node=node,
            ms=ms,
            share=self.share(ms),
            title=title,
            message=message,
            advice=advice,
            hint=code_of_finding(code) if hint is None else hint,
            is_of_plan=node is self.plan.root and code in WHOLE_PLAN,
        )


def partitioned(node: PlanNode) -> str:
    """The alias of the table that a partition is a part of: PostgreSQL numbers the parts."""
    return _NUMBER.sub("", node.alias or node.relation or "")


WHOLE_PLAN = frozenset(
    {"unbounded-result", "cold-cache", "jit", "planning", "triggers", "captured-differs"}
)


def _reads_everything(node: PlanNode, below: PlanNode | None = None) -> bool:
    """It asks for all rows of ``below`` before it gives one."""
    if node.node_type == "Aggregate":
        return text_of(node.raw, "Strategy") in {"Plain", "Hashed"}
    if below is not None and below.node_type == "Hash":
        return True
    return node.node_type in _BLOCKING


def _may_stop(node: PlanNode, below: PlanNode) -> bool:
    """It takes rows of ``below`` only until it has seen enough."""
    if node.node_type == "Merge Join":
        return True
    stops = (
        text_of(node.raw, "Join Type") in {"Semi", "Anti"} or node.raw.get("Inner Unique") is True
    )
    return node.node_type == "Nested Loop" and stops and _is_inner(below)


def _is_inner(node: PlanNode) -> bool:
    return node.raw.get("Parent Relationship") == "Inner"


def _is_subquery(node: PlanNode) -> bool:
    """A subquery may be that of an EXISTS, which has enough with one row."""
    is_cte = str(node.raw.get("Subplan Name", "")).startswith("CTE ")
    return text_of(node.raw, "Parent Relationship") in {"SubPlan", "InitPlan"} and not is_cte
