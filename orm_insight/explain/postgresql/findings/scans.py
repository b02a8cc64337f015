"""Rules about scans that read far more than they give, and indexes that could serve better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orm_insight.explain.postgresql.findings.context import Context, partitioned
from orm_insight.explain.raw_values import number_of
from orm_insight.explain.words import amount, counted, percent
from orm_insight.model.catalogue import IndexKind, code_of_index
from orm_insight.model.plan import Finding, PlanNode
from orm_insight.sql.expressions import Comparison, comparisons

INDEX_SCANS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
_PAGE_BYTES = 8192
_ROW_OVERHEAD = 28
"""A row's header and its pointer in the page."""
_FULL_WIDTH = 40
"""Narrower rows are probably a few columns of wider ones, which says nothing about the table."""


def removed_rows(node: PlanNode) -> float:
    """Rows of all loops that were read and thrown away."""
    removed = sum(number_of(node.raw, key) for key in _REMOVED)
    return removed * (node.loops or 0)


def selective_sequential_scan(context: Context) -> Iterator[Finding]:
    """At least nine of ten rows, and 10,000, are read to be thrown away."""
    for parts in context.partitions("Seq Scan"):
        kept = sum(part.rows or 0.0 for part in parts)
        removed = sum(removed_rows(part) for part in parts)
        if removed < 10_000 or removed < 0.9 * (removed + kept):
            continue
        ms = sum(part.self_ms or 0.0 for part in parts)
        node = max(parts, key=lambda part: part.self_ms or 0.0)
        table = _table_of(parts, context)
        hint, advice = _instead_of_reading_all(context, node)
        yield context.finding(
            "selective-seq-scan",
            node,
            ms,
            title=f"reads {amount(removed + kept)}, keeps {amount(kept)}",
            message=(
                f"{context.of_time(ms)} is spent reading all of {table}: of "
                f"{counted(removed + kept, 'row')} it discards {amount(removed)} that do not "
                f"match {context.names.condition(node)}."
            ),
            advice=advice,
            hint=hint,
        )


def _table_of(parts: Sequence[PlanNode], context: Context) -> str:
    if len(parts) == 1:
        return context.names.table(parts[0])
    return f"{len(parts)} partitions of {partitioned(parts[0])}"


def _instead_of_reading_all(context: Context, node: PlanNode) -> tuple[str, str]:
    """The hint's code and what to do, by the shape of the condition."""
    found = comparisons(str(node.raw.get("Filter", "")))
    if any(is_infix_pattern(c) for c in found):
        return code_of_index(IndexKind.TRIGRAM), (
            "A pattern that starts with % cannot use an ordinary index: create a trigram index "
            "(TrigramExtension and a GinIndex with gin_trgm_ops)."
        )
    functions = [c for c in found if c.function and c.column]
    if functions and len(functions) == len([c for c in found if c.column]):
        return code_of_index(IndexKind.EXPRESSION), _instead_of_computing(
            context, node, functions[0]
        )
    fields, plain = ", ".join(context.names.fields_of(node)), code_of_index(IndexKind.PLAIN)
    if not fields or any(c.operator == "OR" for c in found):
        return plain, "An index on the columns of each part of the condition would be used."
    return plain, f"An index on {fields} lets PostgreSQL read only the matching rows."


def _instead_of_computing(context: Context, node: PlanNode, found: Comparison) -> str:
    field = context.names.field(node.relation, found.column.name if found.column else "")
    reason = (
        f"{found.expression} is computed for every row, and an index on {field} cannot be "
        "used for it"
    )
    if found.function in {"date", "extract", "date_trunc", "date_part"}:
        return (
            f"{reason}. Compare {field} itself with a range ({field}__gte and {field}__lt), and "
            f"index {field}."
        )
    if found.function in {"upper", "lower"}:
        return f'{reason}. Index the expression, {found.function.title()}("{field}").'
    return f"{reason}. Compare {field} itself, or index the expression."


def is_infix_pattern(comparison: Comparison) -> bool:
    """``LIKE '%...'``, also for several patterns and in capitals."""
    value = comparison.value.lstrip("(")
    is_pattern = comparison.operator.split(" ")[0] in {"~~", "~~*"}
    return is_pattern and value.startswith(("'%", "'{%", "ARRAY['%", "'{\"%"))


def inefficient_index_scan(context: Context) -> Iterator[Finding]:
    """The index finds five times as many rows as remain."""
    for node in context.nodes:
        kept, removed = node.rows or 0.0, removed_rows(node)
        if (
            node.node_type not in INDEX_SCANS
            or removed < 5 * max(kept, 1)
            or _orders(context, node)
        ):
            continue
        ms = node.self_ms or 0.0
        index = f" {node.index}" if node.index else ""
        keys = ("Filter",) if node.raw.get("Filter") else ("Recheck Cond",)
        fields = ", ".join(context.names.fields_of(node, "Index Cond", "Recheck Cond", "Filter"))
        yield context.finding(
            "inefficient-index-scan",
            node,
            ms,
            title=f"finds {amount(removed + kept)}, keeps {amount(kept)}",
            message=(
                f"{context.of_time(ms)}: the index{index} finds {counted(removed + kept, 'row')} "
                f"of {context.names.table(node)}, of which {amount(removed)} are discarded "
                f"because they do not match {context.names.condition(node, *keys)}."
            ),
            advice=f"One index on {fields or 'all fields of the condition'} finds only the "
            "matching rows.",
            hint=code_of_index(IndexKind.PLAIN),
        )


def order_from_the_wrong_index(context: Context) -> Iterator[Finding]:
    """An index read in order, until enough rows have passed a filter that it does not know."""
    for node in context.nodes:
        removed = removed_rows(node)
        if not _orders(context, node) or removed < 1_000 or removed < 5 * (node.rows or 0):
            continue
        ms = node.self_ms or 0.0
        fields = ", ".join(context.names.fields_of(node))
        yield context.finding(
            "order-by-limit",
            node,
            ms,
            title="order from the wrong index",
            message=(
                f"{context.of_time(ms)}: to find the first rows, {context.names.table(node)} is "
                f"read in the order of {node.index or 'an index'}, and "
                f"{counted(removed, 'row')} that do not match {context.names.condition(node)} "
                "are skipped."
            ),
            advice=(
                f"An index that starts with {fields or 'the filtered columns'} and ends with the "
                "fields of order_by() returns just these rows, in this order."
            ),
            hint=code_of_index(IndexKind.PLAIN),
        )


def _orders(context: Context, node: PlanNode) -> bool:
    return (
        node.node_type in {"Index Scan", "Index Only Scan"}
        and not node.raw.get("Index Cond")
        and context.is_under_limit(node)
    )


def bloat(context: Context) -> Iterator[Finding]:
    """A table takes ten times the pages that its rows need."""
    for node in context.nodes:
        width = number_of(node.raw, "Plan Width")
        buffers = node.buffers
        if node.node_type != "Seq Scan" or buffers is None or width < _FULL_WIDTH:
            continue
        pages = sum(
            (buffers.shared_hit, buffers.shared_read, buffers.local_hit, buffers.local_read)
        )
        rows = (node.rows or 0.0) + removed_rows(node)
        needed = max(rows * (width + _ROW_OVERHEAD) / _PAGE_BYTES, 1.0)
        if pages < 1_000 or pages < 10 * needed:
            continue
        ms, table = node.self_ms or 0.0, context.names.table(node)
        yield context.finding(
            "bloat",
            node,
            ms,
            title="far more pages than rows",
            message=(
                f"{context.of_time(ms)}: {table} has {counted(rows, 'row')}, which need about "
                f"{counted(needed, 'page')}, and {amount(pages)} are read: most of them hold "
                "deleted or old rows."
            ),
            advice=(
                f"VACUUM (ANALYZE) {table}, and let autovacuum run more often; VACUUM FULL frees "
                "the space, and locks the table meanwhile."
            ),
        )


def filter_on_cte(context: Context) -> Iterator[Finding]:
    """A large WITH query is computed as a whole, and then most of it is thrown away."""
    for node in context.nodes:
        kept, removed = node.rows or 0.0, removed_rows(node)
        if node.node_type != "CTE Scan" or removed < 10_000 or removed < 9 * kept:
            continue
        name = node.raw.get("CTE Name")
        made = [n for n in context.nodes if n.raw.get("Subplan Name") == f"CTE {name}"]
        ms = (node.self_ms or 0.0) + sum(n.total_ms or 0.0 for n in made)
        yield context.finding(
            "filter-on-cte",
            node,
            ms,
            title=f"keeps {amount(kept)} of {amount(removed + kept)}",
            message=(
                f"{context.of_time(ms)} is spent on the WITH query {name}: "
                f"{counted(removed + kept, 'row')} of it are read, and {amount(removed)} are "
                f"discarded because they do not match {context.names.condition(node)}."
            ),
            advice="Move the condition into the WITH query, or write it AS NOT MATERIALIZED.",
        )


# Indexes that could serve better.


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
                f"read as a whole, and {counted(again, 'row')} on them are checked for nothing."
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
                f"{context.of_time(ms)}: {node.index or 'the index'} contains all selected "
                f"columns, but the table {table} was read as well to check which rows are "
                f"visible, {amount(fetches)} times for {counted(node.rows or 0.0, 'row')}."
            ),
            advice=f"VACUUM {table}; let autovacuum run more often on tables that change a lot.",
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
                f"{names or 'several indexes'}, and only rows found in all of them remain."
            ),
            advice=f"One index on {one} finds them directly.",
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
