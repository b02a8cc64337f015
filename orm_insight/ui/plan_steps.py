"""One step of a plan: its line in the tree, and what is told of it when it is opened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orm_insight.explain.findings.context import Context
from orm_insight.explain.findings.estimates import FACTOR, factor, is_comparable
from orm_insight.explain.raw_values import is_number, number_of
from orm_insight.explain.step_words import role, target, title
from orm_insight.model.plan import Buffers, PlanNode
from orm_insight.ui.format import count, cut, duration, preformatted
from orm_insight.ui.plan_contexts import PlanStep
from orm_insight.ui.plan_shares import Shares

_MAX_VALUE = 600
_MAX_RAW_VALUE = 4_000
_MAX_ROLE = 40
_VISIBLE = 0.005
"""A smaller share makes no bar."""
_LARGE = 0.1
"""A step that takes most, but less, is not worth a mark."""

# What tells why a step costs what it costs, in the order in which it is read.
_FIRST_READ = (
    "Index Cond",
    "Recheck Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "TID Cond",
    "One-Time Filter",
    "Filter",
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
    "Order By",
    "Sort Key",
    "Presorted Key",
    "Sort Method",
    "Sort Space Used",
    "Group Key",
    "Cache Key",
    "Cache Hits",
    "Cache Misses",
    "Hash Batches",
    "Peak Memory Usage",
    "Disk Usage",
    "Heap Fetches",
    "Index Searches",
    "Exact Heap Blocks",
    "Lossy Heap Blocks",
    "Workers Planned",
    "Workers Launched",
    "Subplans Removed",
    "detail",
    "operation",
    "index_condition",
    "attached_condition",
    "r_rows",
    "r_filtered",
    "sort_key",
    "r_sort_passes",
    "ref",
    "possible_keys",
)
_REMOVED = frozenset(key for key in _FIRST_READ if key.startswith("Rows Removed"))
_TOLD_WHEN_ZERO = frozenset({"Heap Fetches", "Workers Launched"})
_KILOBYTES = frozenset({"Peak Memory Usage", "Disk Usage"})
_PLACES = ("shared", "local", "temp")
_EVENTS = ("hit", "read", "dirtied", "written")


class Steps:
    """Makes the steps of one plan; ``shares`` knows what each of them takes."""

    def __init__(
        self, context: Context, shares: Shares, prefix: str, told: frozenset[str] = frozenset()
    ) -> None:
        self._context = context
        self._shares = shares
        self._prefix = prefix
        self._told = told
        self._badges: dict[int, list[str]] = {}
        for finding in context.plan.findings:
            if not finding.is_of_plan and finding.title:
                self._badges.setdefault(id(finding.node), []).append(finding.title)

    def anchor(self, number: int) -> str:
        return f"{self._prefix}{number}"

    def step(self, node: PlanNode, number: int, *, is_open: bool, **place: Any) -> PlanStep:
        shares = self._shares
        off, off_note = self._off(node)
        has_share = bool(shares.unit) and node.executed
        return PlanStep(
            anchor=self.anchor(number),
            number=number,
            role=cut(role(node), _MAX_ROLE),
            title=title(node),
            target=target(node),
            badges=tuple(self._badges.get(id(node), ())),
            own=shares.own_text(node),
            share=shares.share_text(node),
            bar=shares.share(node) if has_share and shares.share(node) >= _VISIBLE else None,
            total=shares.total_text(node),
            rows=count(node.rows) if node.rows is not None and node.executed else "",
            planned=_planned(node),
            off=off,
            off_note=off_note,
            loops=count(node.loops) if node.loops is not None else "",
            buffers=_blocks(node.buffers),
            buffers_note=_uncached(node.buffers),
            is_executed=node.executed,
            is_slowest=node is shares.slowest and shares.share(node) >= _LARGE,
            is_open=is_open,
            details=tuple(details_of(node)),
            costs=tuple(costs_of(node)),
            raw=preformatted("\n".join(raw_lines(node.raw, self._told))),
            **place,
        )

    def _off(self, node: PlanNode) -> tuple[str, str]:
        """How far the estimate is off, where that is far, and means something."""
        if node.rows is None or not is_comparable(self._context, node) or factor(node) < FACTOR:
            return "", ""
        times = count(round(factor(node)))
        is_more = node.rows > (node.plan_rows or 0.0) * (node.loops or 1)
        sign = "\N{BLACK UP-POINTING TRIANGLE}" if is_more else "\N{BLACK DOWN-POINTING TRIANGLE}"
        mark = f"{sign} {times}\N{MULTIPLICATION SIGN}"
        return mark, f"{times} times {'more' if is_more else 'fewer'} rows than planned"


def _planned(node: PlanNode) -> str:
    """The planner's guess, for all loops like the rows it is read beside."""
    if node.plan_rows is None:
        return ""
    return count(round(node.plan_rows * (node.loops or 1)))


def _blocks(buffers: Buffers | None) -> str:
    if buffers is None:
        return ""
    cached = buffers.shared_hit + buffers.local_hit
    found = cached + buffers.shared_read + buffers.local_read
    return "" if not found and _uncached(buffers) else count(found)


def _uncached(buffers: Buffers | None) -> str:
    """Blocks that were not in the cache, and those of temporary files."""
    if buffers is None:
        return ""
    read = buffers.shared_read + buffers.local_read
    temp = buffers.temp_read + buffers.temp_written
    parts = [f"{count(read)} read" if read else "", f"{count(temp)} temp" if temp else ""]
    return ", ".join(filter(None, parts))


def details_of(node: PlanNode) -> Iterator[tuple[str, str]]:
    """What explains the step, with numbers for all loops as everywhere."""
    for key in _FIRST_READ:
        value = node.raw.get(key)
        if value is None or (value == 0 and key not in _TOLD_WHEN_ZERO):
            continue
        if key == "detail" and value in (node.node_type, f"{node.node_type} {node.relation}"):
            continue  # the step's line says the same
        yield key, _value(_of_all_loops(key, value, node.loops)) + _unit(key, node.raw)


def costs_of(node: PlanNode) -> Iterator[tuple[str, str]]:
    """Where its time went: blocks, waiting for them, and each worker's part."""
    if node.buffers and node.children:
        yield "Own buffers", _listed(_buffer_counts(node.buffers))
        yield "Buffers with inputs", _listed(_total_counts(node.raw))
    for name, ms in (("Reading", node.io_read_ms), ("Writing", node.io_write_ms)):
        if ms:
            yield f"{name} blocks", f"{duration(ms)} of its own time"
    for worker in filter(_is_record, node.workers):
        yield f"Worker {worker.get('Worker Number', '')}".strip(), _worker(worker)


def _of_all_loops(key: str, value: Any, loops: float | None) -> Any:
    """PostgreSQL tells these as an average of one loop; the rows beside them are of all."""
    is_average = key in _REMOVED and is_number(value) and loops is not None and loops > 1
    return round(value * loops) if is_average else value


def _unit(key: str, raw: Mapping[str, Any]) -> str:
    if key == "Sort Space Used":
        return f" kB, {str(raw.get('Sort Space Type', '')).lower()}"
    return " kB" if key in _KILOBYTES else ""


def _buffer_counts(buffers: Buffers) -> Iterator[tuple[str, int]]:
    for place in _PLACES:
        for event in _EVENTS:
            # Temporary files are never found in a cache.
            yield f"{place} {event}", getattr(buffers, f"{place}_{event}", 0)


def _total_counts(raw: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for place in _PLACES:
        for event in _EVENTS:
            yield (
                f"{place} {event}",
                round(number_of(raw, f"{place.title()} {event.title()} Blocks")),
            )


def _listed(counts: Iterator[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count(number)}" for name, number in counts if number)


def _is_record(value: object) -> bool:
    return isinstance(value, Mapping)


def _worker(worker: Mapping[str, Any]) -> str:
    parts = [
        f"{key.removeprefix('Actual ').lower()} {_value(value)}"
        for key, value in worker.items()
        if key != "Worker Number" and not (key.endswith(" Blocks") and not value)
    ]
    return cut(", ".join(parts), _MAX_VALUE)


def raw_lines(raw: Mapping[str, Any], told: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every key of the database's answer, as it was given; those of nothing in few lines.

    Left out are keys in ``told``, which are nothing in every step.
    """
    empty: dict[str, list[str]] = {}
    for key, value in raw.items():
        if not _is_nothing(value):
            yield f"{key}: {_raw_value(value)}"
        elif key not in told:
            is_zero = not isinstance(value, bool | list)
            empty.setdefault("0" if is_zero else _raw_value(value), []).append(key)
    for nothing, keys in empty.items():
        yield f"{nothing}: {', '.join(keys)}"


def nothing_in_every_step(nodes: Sequence[PlanNode]) -> frozenset[str]:
    """Keys that are 0 or false wherever they are."""
    something = {key for n in nodes for key, value in n.raw.items() if not _is_nothing(value)}
    return frozenset(key for node in nodes for key in node.raw) - something


def _is_nothing(value: Any) -> bool:
    return isinstance(value, bool | int | float | list) and not value


def _raw_value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return cut(text, _MAX_RAW_VALUE)


def _value(value: Any) -> str:
    if isinstance(value, bool | str):
        return cut(str(value), _MAX_VALUE)
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return cut(", ".join(value), _MAX_VALUE)
    return cut(json.dumps(value, ensure_ascii=False, default=str), _MAX_VALUE)
