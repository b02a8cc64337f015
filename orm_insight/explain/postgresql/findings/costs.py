"""Rules about time that no step's work explains: disk, memory, JIT, planning, triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from orm_insight.explain.postgresql.findings.context import Context
from orm_insight.explain.raw_values import number_of, text_of
from orm_insight.explain.words import amount, counted, duration, kilobytes, percent
from orm_insight.model.plan import Finding, PlanNode

_BLOCK_KB = 8
_MIN_BLOCKS = 10
_DIFFERS_BY = 5
LONG_PLANNING_MS = 5.0
"""Below, planning is worth no thought, however little there was to execute."""


def cold_cache(context: Context) -> Iterator[Finding]:
    """At least half of the blocks were not in PostgreSQL's cache."""
    raw = context.plan.root.raw
    hit, read = (number_of(raw, f"Shared {what} Blocks") for what in ("Hit", "Read"))
    if read < _MIN_BLOCKS or read < hit:
        return
    waited = sum(node.io_read_ms or 0.0 for node in context.nodes)
    ms = min(waited or _while_reading(context), context.execution_ms)
    yield context.finding(
        "cold-cache",
        context.plan.root,
        ms,
        title="read from disk",
        message=(
            f"{percent(read / (hit + read))} of the blocks ({kilobytes(read * _BLOCK_KB)}) were "
            f"not in the cache of PostgreSQL; {_steps(waited)} {context.of_time(ms)}."
        ),
        advice=(
            "Run EXPLAIN again: if it is fast now, the cache was cold. If not, the table is "
            "larger than shared_buffers, or more of it is read than needed."
        ),
    )


def _steps(waited: float) -> str:
    return "waiting for them took" if waited else "the steps that read them took about"


def _while_reading(context: Context) -> float:
    """The part of each step's time in which it may have waited, where it was not measured."""
    ms = 0.0
    for node in context.nodes:
        if node.buffers is not None and node.buffers.shared_read:
            blocks = node.buffers.shared_read + node.buffers.shared_hit
            ms += (node.self_ms or 0.0) * node.buffers.shared_read / blocks
    return ms


def jit(context: Context) -> Iterator[Finding]:
    """Compiling takes a fifth of the time or more."""
    ms = min(context.plan.compiling_ms, context.execution_ms)
    if context.share(ms) < 0.2:
        return
    yield context.finding(
        "jit",
        context.plan.root,
        ms,
        title="JIT compiles",
        message=f"{context.of_time(ms)} is spent compiling the statement (JIT) before it runs.",
        advice=(
            "Raise jit_above_cost, or switch it off for this application: "
            'DATABASES["default"]["OPTIONS"] = {"options": "-c jit=off"}.'
        ),
    )


def planning(context: Context) -> Iterator[Finding]:
    """Planning takes longer than the execution."""
    ms = context.plan.planning_ms or 0.0
    if ms <= LONG_PLANNING_MS or ms <= context.execution_ms:
        return
    found = context.finding(
        "planning",
        context.plan.root,
        ms,
        title="planning",
        message=(
            f"Planning took {duration(ms)}, longer than the execution, which took "
            f"{duration(context.execution_ms)}."
        ),
        advice=(
            "Many joins, partitions or indexes make planning slow: join fewer tables, filter "
            "partitions by their key, drop unused indexes. The first query of a new connection "
            "also plans longer (CONN_MAX_AGE, a pool)."
        ),
    )
    yield replace(found, share=ms / (ms + context.execution_ms))


def missing_workers(context: Context) -> Iterator[Finding]:
    """Fewer parallel workers started than were planned."""
    for node in context.nodes:
        planned = number_of(node.raw, "Workers Planned")
        launched = number_of(node.raw, "Workers Launched")
        if "Workers Launched" not in node.raw or launched >= planned:
            continue
        # With all of them, the work would have been shared by so many more processes.
        ms = (node.total_ms or 0.0) * (1 - (launched + 1) / (planned + 1))
        yield context.finding(
            "missing-workers",
            node,
            ms,
            title=f"{amount(launched)} of {counted(planned, 'worker')}",
            message=(
                f"Of {counted(planned, 'planned worker')} {amount(launched)} started; with all of "
                f"them, about {context.of_time(ms)} could be saved."
            ),
            advice=(
                "Other queries held the workers: raise max_parallel_workers and "
                "max_worker_processes, or run fewer queries at once."
            ),
        )


def triggers(context: Context) -> Iterator[Finding]:
    """A trigger takes a fifth of the time or more; in the plan it is in no step."""
    for trigger in context.plan.triggers:
        ms, calls = number_of(trigger, "Time"), number_of(trigger, "Calls")
        if context.share(ms) < 0.2:
            continue
        constraint = trigger.get("Constraint Name")
        name = constraint or trigger.get("Trigger Name") or "A trigger"
        what = "The check of the foreign key" if constraint else "The trigger"
        yield context.finding(
            "triggers",
            context.plan.root,
            ms,
            title=f"{counted(calls, 'trigger call')}",
            message=(
                f"{what} {name} on {trigger.get('Relation', 'the table')} takes "
                f"{context.of_time(ms)}, in {counted(calls, 'call')}."
            ),
            advice=_instead_of(trigger, context.plan.root),
        )


def _instead_of(trigger: Mapping[str, Any], statement: PlanNode) -> str:
    """The trigger on the referenced table searches the other one, which may have no index."""
    if not trigger.get("Constraint Name"):
        return "Let it run once per statement (FOR EACH STATEMENT), or for fewer rows."
    # PostgreSQL's own name tells: c for the check of the reference, a for the referenced row.
    name = text_of(trigger, "Trigger Name")
    if name.startswith("RI_ConstraintTrigger_c") or statement.raw.get("Operation") == "Insert":
        return (
            "Each new reference is looked up by the key of the referenced table, which already "
            "has an index: write fewer rows, or only those whose reference changes."
        )
    return "The referencing column needs an index (db_index=True on the ForeignKey)."


def captured_differs(context: Context) -> Iterator[Finding]:
    """The application waited five times longer, or shorter, than the plan took."""
    captured = context.captured_ms
    explained = context.execution_ms + (context.plan.planning_ms or 0.0)
    if not captured or not explained:
        return
    longer, shorter = max(captured, explained), min(captured, explained)
    if longer < _DIFFERS_BY * shorter:
        return
    if captured > explained:
        reasons = (
            "During the request, the data may not have been in the cache, another transaction may "
            "have held a lock, or the server may have been busy. Sending many rows also takes time."
        )
    else:
        reasons = (
            "The data may not be in the cache now, or measuring each step costs more than the "
            "steps themselves; the data may also have changed."
        )
    found = context.finding(
        "captured-differs",
        context.plan.root,
        longer - shorter,
        title="duration differs from the captured one",
        message=(
            f"The application waited {duration(captured)}; under EXPLAIN it took "
            f"{duration(explained)}."
        ),
        advice=reasons,
    )
    yield replace(found, share=(longer - shorter) / longer)


# Steps whose rows did not fit into memory.


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
    """The rows that did not fit, the kB of them on disk if that is known, and advice."""
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
            "An index in this order makes the sort unnecessary; with a slice, only the first rows "
            "are read. Otherwise load fewer rows or columns (only(), values()), or raise work_mem "
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
            f"About {kilobytes(wanted)} of work_mem would hold it; a filter or fewer columns on "
            "the smaller side reduce it."
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
