"""Where in a measured plan an index may help: the scan that would use it, and what is around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orm_insight.model.plan import Finding, Plan, PlanNode

MANY_ROWS = 10_000
_WORTH_AN_ORDER = 1_000
_OF_SCANS = frozenset({"selective-seq-scan", "inefficient-index-scan", "order-by-limit"})
_SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_SORTS = frozenset({"Sort", "Incremental Sort"})
_PASSING = frozenset({"Gather", "Gather Merge", "Append", "Materialize", "Hash", "Memoize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """``join`` is the join that reads ``scan``, ``sort`` the one that orders its rows alone.

    ``is_ordered_by_index`` is true where the index of the scan is used for its order.
    """

    scan: PlanNode
    join: PlanNode | None = None
    sort: PlanNode | None = None
    is_ordered_by_index: bool = False

    @property
    def table(self) -> tuple[str, str]:
        """Schema and name."""
        return self.scan.schema or "public", self.scan.relation or ""


def places(plan: Plan) -> tuple[Place, ...]:
    """In the order of the findings, then sorts and joins that no finding names."""
    above = {id(child): node for node in plan.nodes() for child in node.children}
    found = {id(place.scan): place for place in reversed(list(_all(plan, above)))}
    return tuple(place for place in reversed(found.values()) if place.scan.relation)


def _all(plan: Plan, above: Mapping[int, PlanNode]) -> Iterator[Place]:
    for finding in plan.findings:
        scan = _scan_of(finding, above)
        if scan is not None:
            yield _place(scan, above, by_index=finding.code == "order-by-limit")
    for node in plan.nodes():
        if not node.executed or not (_is_large_sort(node) or _is_selective_join(node)):
            continue
        for child in node.children:
            scan = scan_below(child)
            if scan is not None and (node.node_type in _SORTS or _is_read_whole(scan)):
                yield _place(scan, above)


def _scan_of(finding: Finding, above: Mapping[int, PlanNode]) -> PlanNode | None:
    """The scan that the finding is about."""
    if finding.code in _OF_SCANS:
        return finding.node
    if finding.code == "bitmap-and":
        return above.get(id(finding.node))
    return scan_below(finding.node) if finding.code == "nested-loop" else None


def scan_below(node: PlanNode) -> PlanNode | None:
    """The scan below steps that only pass its rows on."""
    while node.node_type in _PASSING and len(node.children) == 1:
        node = node.children[0]
    return node if node.node_type in _SCANS and node.executed else None


def _place(scan: PlanNode, above: Mapping[int, PlanNode], *, by_index: bool = False) -> Place:
    node = above.get(id(scan))
    while node is not None and node.node_type in _PASSING:
        node = above.get(id(node))
    is_join = node is not None and node.node_type in {"Nested Loop", "Hash Join", "Merge Join"}
    is_sort = node is not None and node.node_type in _SORTS and _sorts_many(node)
    return Place(
        scan=scan,
        join=node if is_join else None,
        sort=node if is_sort else None,
        is_ordered_by_index=by_index,
    )


def _sorts_many(sort: PlanNode) -> bool:
    """A few rows are sorted faster than an index that holds the order is kept."""
    return sum(child.rows or 0.0 for child in sort.children) >= _WORTH_AN_ORDER


def _is_large_sort(node: PlanNode) -> bool:
    return node.node_type in _SORTS and sum(c.rows or 0.0 for c in node.children) >= MANY_ROWS


def _is_selective_join(node: PlanNode) -> bool:
    """Of a table that is read as a whole, few rows find a partner."""
    if node.node_type not in {"Hash Join", "Merge Join"}:
        return False
    scans = [scan for child in node.children if (scan := scan_below(child))]
    return any((scan.rows or 0.0) >= 10 * (node.rows or 0.0) for scan in scans)


def _is_read_whole(scan: PlanNode) -> bool:
    return scan.node_type == "Seq Scan" and (scan.rows or 0.0) >= MANY_ROWS
