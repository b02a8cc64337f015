"""A plan without times and costs in one sentence: over which ways the tables are read."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.explain.mysql.words import FULL_SCAN, INDEX_SCANS, SEARCHES
from orm_insight.model.plan import Plan, PlanNode

ROOT = "QUERY PLAN"
_MAX_TABLES = 3
_TEMPORARY = {
    "ORDER BY": "sorted",
    "GROUP BY": "grouped",
    "DISTINCT": "compared with each other",
}


def summarize_query_plan(plan: Plan) -> str:
    """``All rows of blog_comment are read; nothing was measured.``"""
    nodes = list(plan.nodes())
    parts = [*_reads(nodes), *_sorts(nodes)]
    if not parts:
        return "No table is read."
    sentence = "; ".join(parts)
    who = "SQLite measures no times" if plan.root.node_type == ROOT else "Nothing was measured"
    return f"{sentence[0].upper()}{sentence[1:]}. {who}."


def _reads(nodes: list[PlanNode]) -> Iterator[str]:
    reading = [node for node in nodes if node.relation and not node.relation.startswith("<")]
    automatic = [node for node in reading if "AUTOMATIC" in _detail(node)]
    scans = [n for n in reading if n.node_type in {"SCAN", FULL_SCAN} and not n.index]
    indexes = [n for n in reading if n.node_type in {"SCAN", *INDEX_SCANS} and n.index]
    found = [node for node in reading if node.node_type in {"SEARCH", *SEARCHES}]
    searches = [node for node in found if node not in automatic]
    if scans:
        yield f"all rows of {_names(scans)} are read"
    if automatic:
        yield f"an index on {_names(automatic)} is built for this statement alone"
    if indexes:
        yield f"a whole index of {_names(indexes)} is read"
    if searches:
        yield f"rows of {_names(searches)} are found by an index or a key"


def _sorts(nodes: list[PlanNode]) -> Iterator[str]:
    done = {words for n in nodes for key, words in _TEMPORARY.items() if _is_temporary(n, key)}
    if done:
        yield f"rows are {' and '.join(sorted(done))} in a temporary B-tree"
    if any(node.node_type == "Sort" for node in nodes):
        yield "rows are sorted"


def _is_temporary(node: PlanNode, key: str) -> bool:
    return "TEMP B-TREE" in _detail(node) and key in _detail(node)


def _detail(node: PlanNode) -> str:
    return str(node.raw.get("detail") or node.node_type)


def _names(nodes: list[PlanNode]) -> str:
    names = list(dict.fromkeys(str(node.relation) for node in nodes))
    if len(names) > _MAX_TABLES:
        left = len(names) - _MAX_TABLES
        names = [*names[:_MAX_TABLES], f"{left} more {'table' if left == 1 else 'tables'}"]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
