"""Steps of MySQL's and MariaDB's plans while they are read, and whose time is whose.

A step claims a total, with what is below it, or a time of its own, or neither. Totals are shared
out from the root downwards: where the steps below claim more than there is (numbers are rounded,
and clocks are read more than once), they are shortened in proportion. Hence no self time is
negative, and together they are the root's total.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orm_insight.explain.raw_values import number_of
from orm_insight.model.plan import PlanNode


@dataclass(slots=True, eq=False)
class Step:
    """``rows`` is of all loops, ``plan_rows`` for one; ``loops`` is ``None`` where unknown.

    ``total_ms`` and ``own_ms`` are what the database printed, of all loops.
    """

    node_type: str
    raw: Mapping[str, Any] = field(default_factory=dict)
    relation: str | None = None
    index: str | None = None
    loops: float | None = None
    rows: float | None = None
    plan_rows: float | None = None
    total_ms: float | None = None
    own_ms: float | None = None
    children: list[Step] = field(default_factory=list)

    def walk(self) -> Iterator[Step]:
        """This step and all below it, in pre-order."""
        waiting = [self]
        while waiting:
            step = waiting.pop()
            yield step
            waiting.extend(reversed(step.children))


def number(value: Any) -> float | None:
    """The number, also where MySQL writes it as a text; ``None`` otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def to_node(root: Step, tables: Mapping[str, str], *, is_measured: bool) -> PlanNode:
    """The finished tree. ``tables`` are the tables by the names that stand for them."""
    if is_measured:
        _fill_loops(root, 1.0)
    return _Accounts(tables, is_measured=is_measured).node(root)


def _fill_loops(step: Step, default: float) -> float:
    """Fill gaps: a step ran as often as the first that ran below it, else as its parent."""
    if step.loops is not None:
        default = step.loops
    below = [_fill_loops(child, default) for child in step.children]
    if step.loops is None:
        step.loops = next((loops for loops in below if loops), 0.0) if below else default
    return step.loops


class _Accounts:
    """The times that the steps of one tree claim."""

    def __init__(self, tables: Mapping[str, str], *, is_measured: bool) -> None:
        self._tables = tables
        self._is_measured = is_measured
        self._claims: dict[Step, float] = {}

    def node(self, root: Step) -> PlanNode:
        # Children come after their parent, so they are met first from the end.
        for step in reversed(list(root.walk())):
            below = sum(self._claims[child] for child in step.children)
            claimed = step.total_ms if step.total_ms is not None else (step.own_ms or 0.0) + below
            self._claims[step] = claimed if step.loops else 0.0
        return self._node(root, self._claims[root])

    def _node(self, step: Step, granted_ms: float) -> PlanNode:
        shares = _fit([self._claims[child] for child in step.children], granted_ms)
        is_timed = self._is_measured and bool(step.loops)
        name = step.relation
        table = self._tables.get(name, name) if name else None
        return PlanNode(
            node_type=step.node_type,
            relation=table,
            alias=name if name != table else None,
            index=step.index,
            loops=step.loops,
            rows=step.rows,
            plan_rows=step.plan_rows,
            total_ms=granted_ms if is_timed else None,
            self_ms=max(0.0, granted_ms - sum(shares)) if is_timed else None,
            executed=step.loops != 0,
            children=tuple(
                self._node(child, share) for child, share in zip(step.children, shares, strict=True)
            ),
            raw=step.raw,
        )


def _fit(claims: Sequence[float], limit: float) -> list[float]:
    total = sum(claims)
    return [claim * limit / total for claim in claims] if total > limit else list(claims)


# The steps of MariaDB and MySQL in plain words.

FULL_SCAN = "Table scan"
INDEX_SCANS = frozenset({"Index scan", "Covering index scan"})
SEARCHES = frozenset(
    {
        *("Index lookup", "Covering index lookup", "Single-row index lookup", "Constant row"),
        *("Single-row covering index lookup", "Index range scan", "Covering index range scan"),
        *("Index merge", "Full-text index search"),
    }
)
_WORDS = {
    "Query block": "assembling the result",
    "Query": "assembling the result",
    "Filter": "applying a condition",
    "Nested loop join": "joining row by row",
    "Block nested loop join": "comparing every row of one table with every row of another",
    "Temporary table": "collecting rows in a temporary table",
    "Read sorted rows": "reading sorted rows",
    "Expression cache": "a cache of a subquery's results",
    "Union": "combining several results",
    "Remove duplicates": "removing duplicates",
    "Window functions": "window functions",
}


def describe(node: PlanNode) -> str | None:
    """The step as a noun of a sentence; ``None`` where it is better called by its name."""
    using = f" using {node.index}" if node.index else ""
    if node.node_type == FULL_SCAN:
        return f"a full scan of {node.relation}"
    if node.node_type in INDEX_SCANS:
        return f"a scan of a whole index of {node.relation}{using}"
    if node.node_type in SEARCHES:
        return f"finding rows of {node.relation}{using}"
    return _WORDS.get(node.node_type)


def rows_removed(node: PlanNode) -> float:
    """The rows that MariaDB has read and discarded, in all loops."""
    if "r_filtered" not in node.raw or node.rows is None:
        return 0.0
    return max(0.0, number_of(node.raw, "r_rows") * (node.loops or 0.0) - node.rows)
