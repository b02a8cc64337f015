"""The steps of MariaDB and MySQL in plain words."""

from __future__ import annotations

from orm_insight.explain.raw_values import number_of
from orm_insight.model.plan import PlanNode

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
    "Query block": "putting the result together",
    "Query": "putting the result together",
    "Filter": "applying a condition",
    "Nested loop join": "joining row by row",
    "Block nested loop join": "comparing every row of one table with every row of another",
    "Temporary table": "collecting rows in a temporary table",
    "Read sorted rows": "reading sorted rows",
    "Expression cache": "a cache of a subquery's results",
    "Union": "putting several results together",
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
    """What MariaDB has read and thrown away, in all loops."""
    if "r_filtered" not in node.raw or node.rows is None:
        return 0.0
    return max(0.0, number_of(node.raw, "r_rows") * (node.loops or 0.0) - node.rows)
