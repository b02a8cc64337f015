"""Two plans of one statement, step by step: what an index or a changed query has changed.

Steps belong together that do the same for the same tables, wherever they stand: planners swap the
sides of joins, and put steps in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from orm_insight.explain.words import relation_of, role
from orm_insight.model.plan import Plan, PlanNode

Key: TypeAlias = tuple[object, ...]

NOTICEABLE = 0.02
"""A difference in time of less than this part of the slower plan is noise."""
_FAMILIES = {
    **dict.fromkeys(("Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan"), "scan"),
    **dict.fromkeys(("Bitmap Heap Scan", "Tid Scan", "Tid Range Scan", "SCAN", "SEARCH"), "scan"),
    **dict.fromkeys(("Hash Join", "Merge Join", "Nested Loop"), "join"),
    **dict.fromkeys(("Sort", "Incremental Sort"), "sort"),
    **dict.fromkeys(("Gather", "Gather Merge"), "gather"),
    **dict.fromkeys(("Aggregate", "Group"), "group"),
    **dict.fromkeys(("Append", "Merge Append"), "append"),
}


class Change(StrEnum):
    """The kinds of difference in a pair of steps."""

    ADDED = "added"
    REMOVED = "removed"
    TYPE = "type"
    INDEX = "index"
    TIME = "time"
    ROWS = "rows"
    BUFFERS = "buffers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A step of both plans; one side is ``None`` where the other plan has no such step."""

    before: PlanNode | None
    after: PlanNode | None
    changes: frozenset[Change]

    @property
    def is_noticeable(self) -> bool:
        """Another way, or another time; rows and buffers alone follow from the values."""
        return bool(self.changes - {Change.ROWS, Change.BUFFERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All steps of both plans, in the order of the second.

    Where one of them was not measured, ``is_measured`` is false and costs are all there is.
    """

    before: Plan
    after: Plan
    pairs: tuple[Pair, ...]

    @property
    def is_measured(self) -> bool:
        return self.before.is_measured and self.after.is_measured

    @property
    def ms(self) -> tuple[float | None, float | None]:
        return _whole(self.before), _whole(self.after)

    @property
    def costs(self) -> tuple[float | None, float | None]:
        return total_cost(self.before.root), total_cost(self.after.root)


def compare(before: Plan, after: Plan) -> Comparison:
    """Each step of ``after`` with its counterpart in ``before``, and what has no counterpart."""
    matched = _match(list(before.nodes()), list(after.nodes()))
    weigh = _Weigh(before, after)
    pairs = tuple(
        Pair(before=old, after=new, changes=frozenset(_changes(old, new, weigh)))
        for old, new in _in_order(list(before.nodes()), list(after.nodes()), matched)
    )
    return Comparison(before=before, after=after, pairs=pairs)


def _match(before: Sequence[PlanNode], after: Sequence[PlanNode]) -> dict[int, PlanNode]:
    """The counterpart of a step of ``after``, by its ``id()``: the surest pairs come first."""
    found: dict[int, PlanNode] = {}
    old, new = _tables_below(before), _tables_below(after)
    left = list(before)
    for key_of in (_exact, _same_family, _same_type):
        waiting: defaultdict[Key, list[PlanNode]] = defaultdict(list)
        for node in reversed(left):
            waiting[key_of(node, old)].append(node)
        for node in after:
            candidates = waiting.get(key_of(node, new))
            if id(node) not in found and candidates:
                found[id(node)] = candidates.pop()
        taken = {id(node) for node in found.values()}
        left = [node for node in left if id(node) not in taken]
    return found


def _exact(node: PlanNode, tables: Mapping[int, frozenset[str]]) -> Key:
    return (node.node_type, node.index, _own_table(node), role(node), tables[id(node)])


def _same_family(node: PlanNode, tables: Mapping[int, frozenset[str]]) -> Key:
    """A table is read in another way, the same tables are joined in another way."""
    return (_family(node), _own_table(node), tables[id(node)])


def _same_type(node: PlanNode, tables: Mapping[int, frozenset[str]]) -> Key:
    """The tables below have changed; a step that reads one must still read the same."""
    return (_family(node), _own_table(node))


def _family(node: PlanNode) -> str:
    return _FAMILIES.get(node.node_type, node.node_type)


def _own_table(node: PlanNode) -> str:
    return str(node.alias or relation_of(node))


def _tables_below(nodes: Sequence[PlanNode]) -> dict[int, frozenset[str]]:
    """The tables that each step reads, itself or through the steps below it."""
    found: dict[int, frozenset[str]] = {}
    for node in reversed(nodes):
        own = _own_table(node)
        below: Iterable[frozenset[str]] = (found[id(child)] for child in node.children)
        found[id(node)] = frozenset([own] if own else []).union(*below)
    return found


def _in_order(
    before: Sequence[PlanNode], after: Sequence[PlanNode], matched: Mapping[int, PlanNode]
) -> Iterator[tuple[PlanNode | None, PlanNode | None]]:
    """The steps of ``after``; a step that has gone comes after its predecessor's counterpart."""
    kept = {id(node) for node in matched.values()}
    gone: defaultdict[int | None, list[PlanNode]] = defaultdict(list)
    last: int | None = None
    for node in before:
        if id(node) in kept:
            last = id(node)
        else:
            gone[last].append(node)
    yield from ((node, None) for node in gone[None])
    for node in after:
        old = matched.get(id(node))
        yield old, node
        if old is not None:
            yield from ((removed, None) for removed in gone[id(old)])


class _Weigh:
    """Tells a difference in time or cost from noise."""

    def __init__(self, before: Plan, after: Plan) -> None:
        self._by_time = before.is_measured and after.is_measured
        self._costs = {**own_costs(before), **own_costs(after)}
        wholes = [self._whole(before), self._whole(after)]
        self._least = max(wholes) * NOTICEABLE

    def _whole(self, plan: Plan) -> float:
        return (_whole(plan) if self._by_time else total_cost(plan.root)) or 0.0

    def is_different(self, before: PlanNode, after: PlanNode) -> bool:
        if self._by_time:
            old, new = before.self_ms or 0.0, after.self_ms or 0.0
        else:
            old, new = self._costs.get(id(before), 0.0), self._costs.get(id(after), 0.0)
        return abs(old - new) > self._least and max(old, new) >= 1.5 * min(old, new)


def _changes(before: PlanNode | None, after: PlanNode | None, weigh: _Weigh) -> Iterator[Change]:
    if before is None or after is None:
        yield Change.ADDED if before is None else Change.REMOVED
        return
    if before.node_type != after.node_type:
        yield Change.TYPE
    if before.index != after.index:
        yield Change.INDEX
    if weigh.is_different(before, after):
        yield Change.TIME
    if before.rows != after.rows:
        yield Change.ROWS
    if before.buffers != after.buffers:
        yield Change.BUFFERS


def _whole(plan: Plan) -> float | None:
    return plan.execution_ms if plan.execution_ms is not None else plan.root.total_ms


# Costs: the planner's estimates, shared out like times.
#
# Costs are estimates: a step that is stopped early costs less than its own plan says. So the part
# of a step is what remains of its total after its inputs, and never less than nothing.

# As PostgreSQL and MySQL call it; MySQL's is a text where the plan is one.
_KEYS = ("Total Cost", "estimated_total_cost")


def total_cost(node: PlanNode) -> float | None:
    """The cost of one loop of the step, with its inputs."""
    cost = next((node.raw[key] for key in _KEYS if key in node.raw), None)
    try:
        return None if cost is None else float(cost)
    except (TypeError, ValueError):
        return None


def own_costs(plan: Plan) -> dict[int, float]:
    """The cost of each step without its inputs, by the ``id()`` of the node."""
    found = {}
    for node in plan.nodes():
        total = total_cost(node)
        if total is not None:
            inputs = sum(total_cost(child) or 0.0 for child in node.children)
            found[id(node)] = max(0.0, total - inputs)
    return found
