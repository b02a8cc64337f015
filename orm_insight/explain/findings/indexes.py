"""Rules about indexes that are used and could serve better."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.explain.findings.context import Context
from orm_insight.explain.raw_values import number_of
from orm_insight.explain.wording import amount, counted, percent
from orm_insight.hints.catalogue import IndexKind, code_of_index
from orm_insight.model.plan import Finding, PlanNode


def lossy_bitmap(context: Context) -> Iterator[Finding]:
    """The bitmap of found rows did not fit into memory, so whole pages are checked again."""
    for node in context.nodes:
        lossy = _sum(node, "Lossy Heap Blocks")
        pages = lossy + _sum(node, "Exact Heap Blocks")
        if node.node_type != "Bitmap Heap Scan" or not 0 < lossy <= pages:
            continue
        ms = node.self_ms or 0.0
        again = number_of(node.raw, "Rows Removed by Index Recheck") * (node.loops or 0)
        yield context.finding(
            "lossy-bitmap",
            node,
            ms,
            title="lossy bitmap",
            message=(
                f"{context.of_time(ms)}: the rows found in {context.names.table(node)} are more "
                f"than work_mem holds, so {percent(lossy / pages)} of {counted(pages, 'page')} are "
                f"read as a whole, and {counted(again, 'row')} on them are checked in vain."
            ),
            advice="Raise work_mem for this statement, or make the condition find fewer rows.",
        )


def heap_fetches(context: Context) -> Iterator[Finding]:
    """An index-only scan that asks the table after all."""
    for node in context.nodes:
        fetches = _sum(node, "Heap Fetches")
        if node.node_type != "Index Only Scan" or fetches < 0.1 * max(node.rows or 0.0, 1.0):
            continue
        ms, table = node.self_ms or 0.0, context.names.table(node)
        yield context.finding(
            "heap-fetches",
            node,
            ms,
            title=f"{amount(fetches)} heap fetches",
            message=(
                f"{context.of_time(ms)}: {node.index or 'the index'} holds all that is asked for, "
                f"but to see which of its entries are still valid, the table {table} was read as "
                f"well, {amount(fetches)} times for {counted(node.rows or 0.0, 'row')}."
            ),
            advice=f"VACUUM {table}; let autovacuum run more often on tables that change much.",
        )


def bitmap_and(context: Context) -> Iterator[Finding]:
    """Two indexes are read and cut with each other, where one would do."""
    for node in context.nodes:
        if node.node_type != "BitmapAnd":
            continue
        heap = context.parent(node)
        ms = node.total_ms or 0.0
        read = sum(child.rows or 0.0 for child in node.children)
        fields = [
            name
            for child in node.children
            for name in context.names.fields_of(_on_table(child, heap), "Index Cond")
        ]
        one = ", ".join(dict.fromkeys(fields)) or "their fields"
        table = context.names.table(heap) if heap else "the table"
        names = " and ".join(str(child.index) for child in node.children if child.index)
        yield context.finding(
            "bitmap-and",
            node,
            ms,
            title="two indexes instead of one",
            message=(
                f"{context.of_time(ms)}: {counted(read, 'row')} of {table} are found in "
                f"{names or 'several indexes'}, and only those found in each remain."
            ),
            advice=f"One index on {one} finds them at once.",
            hint=code_of_index(IndexKind.PLAIN),
        )


def _on_table(child: PlanNode, heap: PlanNode | None) -> PlanNode:
    """A bitmap's index scan does not say of which table it is."""
    return PlanNode(
        node_type=child.node_type, relation=heap.relation if heap else None, raw=child.raw
    )


def _sum(node: PlanNode, key: str) -> float:
    """A counter of the step; where parallel workers keep their own, with theirs."""
    return number_of(node.raw, key) + sum(number_of(w, key) for w in node.workers)
