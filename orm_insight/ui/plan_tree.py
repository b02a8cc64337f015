"""The tree of a plan's steps: in which order they stand, what is open, and what is folded.

Open is what has to be read: the way to the step that takes most, and to every step with a
finding. Everything here goes without recursion, because plans may be deep.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orm_insight.explain.postgresql.findings.context import Context
from orm_insight.explain.postgresql.findings.rows import FACTOR, factor, is_comparable
from orm_insight.explain.postgresql.names import Names
from orm_insight.explain.raw_values import is_number, number_of
from orm_insight.explain.words import role, target, title
from orm_insight.model.plan import Buffers, Plan, PlanNode
from orm_insight.ui.format import count, counted, cut, duration, preformatted
from orm_insight.ui.plan_components import PlanStep, PlanView, Shares, strip, trigger_lines

MAX_STEPS = 1_000
SMALL = 15
"""A plan of so many steps is read as a whole."""
LARGE = 60
"""In a larger plan, keys that are 0 or false in every step are listed once."""
MAX_NESTING = 60
"""Browsers give up nesting elements at some hundred; deeper steps stand on this level."""
_INDENTED = 8
"""Deeper branches move to the right by very little."""
_MANY_CHILDREN = 6
_GROUPED = 4


@dataclass(frozen=True, slots=True)
class _Visit:
    node: PlanNode
    depth: int
    group: str = ""


_CLOSE = object()


def plan_view(plan: Plan, *, prefix: str = "s", is_open: bool = False) -> PlanView:
    """The tree, with ``prefix`` in front of the numbers of its anchors; ``is_open`` unfolds all."""
    shares = Shares(plan)
    nodes = list(plan.nodes())
    tree = _Tree(plan, nodes, shares, prefix, unfolds=is_open or len(nodes) <= SMALL)
    steps = tuple(tree.steps())
    left = len(nodes) - len(steps)
    return PlanView(
        steps=steps,
        strip=strip(plan, nodes, shares, prefix),
        unit=shares.unit,
        is_measured=plan.is_measured,
        has_rows=any(step.planned or step.rows for step in steps),
        has_buffers=any(step.buffers not in ("", "0") or step.buffers_note for step in steps),
        triggers=tuple(trigger_lines(plan)),
        nothing=", ".join(sorted(tree.told)),
        about=preformatted("\n".join(raw_lines(plan.raw))),
        more=f"{counted(left, 'more step')}: the text below has all of them." if left > 0 else "",
        can_unfold=not all(step.is_open for step in steps),
    )


class _Tree:
    def __init__(
        self, plan: Plan, nodes: Sequence[PlanNode], shares: Shares, prefix: str, *, unfolds: bool
    ) -> None:
        self._plan = plan
        self._shares = shares
        self.told = nothing_in_every_step(nodes) if len(nodes) > LARGE else frozenset()
        self._steps = Steps(Context(plan, Names()), shares, prefix, self.told)
        self._numbers = {id(node): number for number, node in enumerate(nodes)}
        self._size, self._sum = _sums(nodes, shares)
        self._unfolds = unfolds or not shares.unit
        self._ways = _ways(plan, nodes, shares)

    def steps(self) -> list[PlanStep]:
        """In pre-order; each closes the branches that end after it."""
        found: list[PlanStep] = []
        level = 0
        waiting: list[_Visit | object] = [_Visit(self._plan.root, 0)]
        while waiting and len(found) < MAX_STEPS:
            item = waiting.pop()
            if isinstance(item, _Visit):
                step = self._visit(item, waiting)
                found.append(step)
                level += step.has_branch + bool(step.group)
            else:
                _close(found, 1)
                level -= 1
        _close(found, level)
        return found

    def _visit(self, visit: _Visit, waiting: list[_Visit | object]) -> PlanStep:
        """The step; what has to follow it is put on the stack."""
        node, depth = visit.node, visit.depth
        has_branch = bool(node.children) and depth < MAX_NESTING
        if has_branch:
            waiting.append(_CLOSE)
        waiting.extend(reversed(list(self._below(node, depth + has_branch))))
        return self._steps.step(
            node,
            self._numbers[id(node)],
            is_open=self._is_open(node),
            is_deep=depth >= _INDENTED,
            has_branch=has_branch,
            hidden=self._hidden([node], -1) if has_branch else "",
            group=visit.group,
        )

    def _is_open(self, node: PlanNode) -> bool:
        return self._unfolds or id(node) in self._ways

    def _below(self, node: PlanNode, depth: int) -> Iterator[_Visit | object]:
        """The children; where there are many, runs of those that stay folded are put together."""
        if self._unfolds or len(node.children) <= _MANY_CHILDREN or depth > MAX_NESTING:
            yield from (_Visit(child, depth) for child in node.children)
            return
        run: list[PlanNode] = []
        for child in node.children:
            if self._is_open(child):
                yield from self._grouped(run, depth)
                run = []
                yield _Visit(child, depth)
            else:
                run.append(child)
        yield from self._grouped(run, depth)

    def _grouped(self, run: Sequence[PlanNode], depth: int) -> Iterator[_Visit | object]:
        if len(run) < _GROUPED:
            yield from (_Visit(node, depth) for node in run)
            return
        first, *others = run
        yield _Visit(first, depth, group=self._hidden(run, 0))
        yield from (_Visit(node, depth) for node in others)
        yield _CLOSE

    def _hidden(self, nodes: Sequence[PlanNode], besides: int) -> str:
        """``12 more steps, 0.4 ms``; ``besides`` is -1 where the first itself is seen."""
        steps = sum(self._size[id(node)] for node in nodes) + besides
        amount = sum(self._sum[id(node)] for node in nodes)
        if besides:
            amount -= self._shares.own(nodes[0])
        text = self._shares.text(max(amount, 0.0))
        return counted(steps, "more step") + (f", {text}" if text else "")


def _close(steps: list[PlanStep], levels: int) -> None:
    steps[-1] = replace(steps[-1], closes=steps[-1].closes + levels)


def _sums(nodes: Sequence[PlanNode], shares: Shares) -> tuple[dict[int, int], dict[int, float]]:
    """The number of steps and what they take, of each step with all below it."""
    sizes: dict[int, int] = {}
    sums: dict[int, float] = {}
    for node in reversed(nodes):
        sizes[id(node)] = 1 + sum(sizes[id(child)] for child in node.children)
        sums[id(node)] = shares.own(node) + sum(sums[id(child)] for child in node.children)
    return sizes, sums


def _ways(plan: Plan, nodes: Sequence[PlanNode], shares: Shares) -> set[int]:
    """All steps between the root and those that have to be seen."""
    seen = {id(finding.node) for finding in plan.findings if not finding.is_of_plan}
    if shares.slowest is not None:
        seen.add(id(shares.slowest))
    for node in reversed(nodes):
        if any(id(child) in seen for child in node.children):
            seen.add(id(node))
    return seen


# One step of a plan: its line in the tree, and what is told of it when it is opened.

_MAX_VALUE = 600
_MAX_RAW_VALUE = 4_000
_MAX_ROLE = 40
_VISIBLE = 0.005
"""A smaller share makes no bar."""
_LARGE = 0.1
"""A step that takes most, but less, is not worth a mark."""

# The keys that explain the cost of a step, in reading order.
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
    """The planner's guess, for all loops, as the rows next to it."""
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
    """Yield the keys that explain the step; numbers are for all loops, as everywhere."""
    for key in _FIRST_READ:
        value = node.raw.get(key)
        if value is None or (value == 0 and key not in _TOLD_WHEN_ZERO):
            continue
        if key == "detail" and value in (node.node_type, f"{node.node_type} {node.relation}"):
            continue  # the step's line says the same
        yield key, _value(_of_all_loops(key, value, node.loops)) + _unit(key, node.raw)


def costs_of(node: PlanNode) -> Iterator[tuple[str, str]]:
    """Yield the parts of its time: blocks, waiting for them, and each worker."""
    if node.buffers and node.children:
        yield "Own buffers", _listed(_buffer_counts(node.buffers))
        yield "Buffers with inputs", _listed(_total_counts(node.raw))
    for name, ms in (("Reading", node.io_read_ms), ("Writing", node.io_write_ms)):
        if ms:
            yield f"{name} blocks", f"{duration(ms)} of its own time"
    for worker in filter(_is_record, node.workers):
        yield f"Worker {worker.get('Worker Number', '')}".strip(), _worker(worker)


def _of_all_loops(key: str, value: Any, loops: float | None) -> Any:
    """PostgreSQL tells these as an average of one loop; the rows next to them are of all loops."""
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
