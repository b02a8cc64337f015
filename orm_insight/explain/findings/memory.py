"""The rule about steps whose rows did not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orm_insight.explain.findings.context import Context
from orm_insight.explain.raw_values import number_of
from orm_insight.explain.wording import kilobytes
from orm_insight.model.plan import Finding, PlanNode


def spilled_to_disk(context: Context) -> Iterator[Finding]:
    """A sort, a hash table or a stored result that went to temporary files."""
    for node in context.nodes:
        spill = _spill(node)
        if spill is None:
            continue
        what, size, advice = spill
        parent = context.parent(node)
        ms = node.self_ms or 0.0
        if node.node_type == "Hash" and parent is not None:
            # Both sides of the join are written and read again, most of it by the join itself.
            ms += parent.self_ms or 0.0
        volume = f" ({kilobytes(size)})" if size else ""
        yield context.finding(
            "spill",
            node,
            ms,
            title=f"on disk{volume}",
            message=(
                f"{context.of_time(ms)}: {what} not fit into work_mem and went to disk{volume}."
            ),
            advice=advice,
        )


def _spill(node: PlanNode) -> tuple[str, float, str] | None:
    """What did not fit, how many kB of it went to disk if that is known, and what to do."""
    records = [node.raw, *node.workers]
    if node.node_type in {"Sort", "Incremental Sort"}:
        return _sort(node, records)
    if node.node_type == "Hash":
        return _hash(records)
    if node.node_type == "Aggregate":
        return _aggregate(records)
    if node.raw.get("Storage") == "Disk":
        size = _largest(records, "Maximum Storage")
        what = "the intermediate result does"
        return what, size, "Load fewer rows or columns, or raise work_mem for this statement."
    return None


def _sort(node: PlanNode, records: list[Mapping[str, Any]]) -> tuple[str, float, str] | None:
    spilled = [r for r in records if r.get("Sort Space Type") == "Disk"]
    groups = [g for r in records for g in _groups(r)]
    sizes = [number_of(r, "Sort Space Used") for r in spilled]
    sizes += [number_of(g, "Peak Sort Space Used") for g in groups]
    if not sizes:
        return None
    size = max(sizes)
    found = node.raw.get("Sort Key")
    keys = ", ".join(str(key) for key in found) if isinstance(found, list) else ""
    return (
        f"the rows sorted by {keys or 'the order'} do",
        size,
        (
            "An index that gives this order makes the sort unnecessary; with a slice it reads only "
            "the first rows. Else load fewer rows or columns (only(), values()), or raise work_mem "
            f"for this statement: sorting in memory takes more than the {kilobytes(size)} on disk."
        ),
    )


def _groups(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The disk space of an incremental sort's two kinds of groups."""
    for key in ("Full-sort Groups", "Pre-sorted Groups"):
        group = record.get(key)
        space = group.get("Sort Space Disk") if isinstance(group, Mapping) else None
        if isinstance(space, Mapping):
            yield space


def _hash(records: list[Mapping[str, Any]]) -> tuple[str, float, str] | None:
    batches = _largest(records, "Hash Batches")
    if batches <= 1:
        return None
    wanted = _largest(records, "Peak Memory Usage") * batches
    return (
        f"the hash table of the join, in {batches:,.0f} parts, does",
        0.0,
        (
            f"About {kilobytes(wanted)} of work_mem would hold it; a condition or fewer columns on "
            "the smaller side make it smaller."
        ),
    )


def _aggregate(records: list[Mapping[str, Any]]) -> tuple[str, float, str] | None:
    disk, batches = _largest(records, "Disk Usage"), _largest(records, "HashAgg Batches")
    if not disk and batches <= 1:
        return None
    return (
        "the groups do",
        disk,
        (
            "Filter before grouping, or raise work_mem for this statement (grouping may use "
            "hash_mem_multiplier times as much)."
        ),
    )


def _largest(records: list[Mapping[str, Any]], key: str) -> float:
    return max(number_of(record, key) for record in records)
