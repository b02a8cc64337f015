"""The arithmetic of PostgreSQL's measured times and counters: which node spent which share.

PostgreSQL prints for a node the average over its loops, and workers count as loops. What runs
inside a ``Gather`` runs side by side, so its sum is divided by the number of processes. CTEs and
InitPlans hang below the node that owns them, but run while another node waits for their result:
their time is in that node's time already and is taken off there, once. Rounding to microseconds,
times thousands of loops, can make children look longer than their parent; they are fitted into it.
Hence no self time is negative, and together they are the time of the root.

Blocks and I/O times are printed as totals of all loops and workers, children included; they are
shared out in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orm_insight.explain.raw_values import is_number, records

GATHERS = frozenset({"Gather", "Gather Merge"})
# PostgreSQL prints milliseconds with three decimals.
ROUNDING_MS = 0.0005


@dataclass(slots=True, eq=False)
class Step:
    """A node while it is being measured. ``processes`` is how many ran it side by side.

    ``total`` is the quantity in question with what the children took, ``own`` without, and
    ``rounding`` by how much ``total`` may be off.
    """

    raw: Mapping[str, Any]
    parent: Step | None = None
    processes: float = 1.0
    children: list[Step] = field(default_factory=list)
    total: float | None = None
    rounding: float = 0.0
    own: float = 0.0

    @property
    def node_type(self) -> str:
        return str(self.raw.get("Node Type", ""))

    @property
    def loops(self) -> float | None:
        return number(self.raw, "Actual Loops")

    @property
    def is_init_plan(self) -> bool:
        return self.raw.get("Parent Relationship") == "InitPlan"

    @property
    def subplan_name(self) -> str:
        return str(self.raw.get("Subplan Name", ""))

    def walk(self) -> Iterator[Step]:
        waiting = [self]
        while waiting:
            step = waiting.pop()
            yield step
            waiting.extend(reversed(step.children))


def number(raw: Mapping[str, Any], key: str) -> float | None:
    value = raw.get(key)
    return float(value) if is_number(value) else None


def measure_times(root: Step) -> None:
    """Put the wall time of every step into ``total`` and ``own``, in milliseconds."""
    for step in root.walk():
        step.rounding = ROUNDING_MS * (step.loops or 1.0) / step.processes
    _measure(root, _wall_time)


def measure_counter(root: Step, keys: Sequence[str]) -> None:
    """Put the sum of counters that are totals already, such as blocks, in their place."""
    for step in root.walk():
        step.rounding = 0.0
    _measure(root, lambda step: _sum_of(step.raw, keys))


def _wall_time(step: Step) -> float | None:
    """The time of all loops, with children; ``None`` without timing or where it never ran."""
    time, loops = number(step.raw, "Actual Total Time"), step.loops
    return time * loops / step.processes if time is not None and loops else None


def _sum_of(raw: Mapping[str, Any], keys: Sequence[str]) -> float | None:
    found = [value for key in keys if (value := number(raw, key)) is not None]
    return sum(found) if found else None


def _measure(root: Step, quantity: Callable[[Step], float | None]) -> None:
    for step in root.walk():
        step.total = quantity(step)
    _share_out(root, root.total or 0.0)
    for owner in root.walk():
        for plan in owner.children:
            if plan.is_init_plan and plan.total:
                _take_off(plan, owner)


def build(raw: Mapping[str, Any], parent: Step | None = None) -> Step:
    """The tree below ``raw``, with nothing measured yet."""
    step = Step(raw=raw, parent=parent)
    if parent is not None:
        step.processes = _processes(step, parent)
    step.children = [build(child, step) for child in records(raw, "Plans")]
    return step


def _processes(step: Step, parent: Step) -> float:
    """How many processes ran the step side by side.

    The loops tell, not the number of workers: the leader may not have taken part, workers may
    not have started, and a Gather inside a loop starts them again and again.
    """
    loops = step.loops or 0.0
    if step.is_init_plan:
        return min(parent.processes, max(1.0, loops))
    if parent.node_type in GATHERS and step.raw.get("Parent Relationship") != "SubPlan":
        return parent.processes * max(1.0, loops / parent.loops) if parent.loops else 1.0
    return parent.processes


def _share_out(step: Step, granted_ms: float) -> None:
    """Give the children their totals out of ``granted_ms``; what remains is the step's own."""
    inner = [child for child in step.children if not child.is_init_plan]
    shares = _fit(
        [child.total or 0.0 for child in inner], [child.rounding for child in inner], granted_ms
    )
    step.own = max(0.0, granted_ms - sum(shares))
    for child, share in zip(inner, shares, strict=True):
        _share_out(child, share)
    for child in step.children:
        if child.is_init_plan:
            _share_out(child, child.total or 0.0)


def _fit(totals: Sequence[float], errors: Sequence[float], limit: float) -> list[float]:
    """Shorten ``totals`` to ``limit``: first what may be rounding, then all in proportion."""
    excess = sum(totals) - limit
    if excess <= 0:
        return list(totals)
    cut = min(1.0, excess / sum(errors)) if sum(errors) else 0.0
    shorter = [max(0.0, total - error * cut) for total, error in zip(totals, errors, strict=True)]
    scale = min(1.0, limit / sum(shorter)) if sum(shorter) else 0.0
    return [total * scale for total in shorter]


def _take_off(plan: Step, owner: Step) -> None:
    """Subtract an InitPlan's time from the steps in which it was spent."""
    remaining = plan.total or 0.0
    if plan.subplan_name.startswith("CTE "):
        remaining = _take_in_proportion(remaining, list(_scans(plan, owner)))
    else:
        remaining = _take_in_turn(remaining, _users(plan, owner, remaining))
    # A CTE that writes runs to its end after the root has finished: the rest is in no other time.
    if plan.raw.get("Operation", "Select") == "Select":
        remaining = _take_in_turn(remaining, [owner])
        _take_in_turn(remaining, _last_resort(plan, owner))


def _take_in_proportion(amount: float, sources: Sequence[Step]) -> float:
    available = sum(source.own for source in sources)
    if available <= 0:
        return amount
    taken = min(amount, available)
    for source in sources:
        source.own *= 1 - taken / available
    return amount - taken


def _take_in_turn(amount: float, sources: Iterable[Step]) -> float:
    for source in sources:
        taken = min(amount, source.own)
        source.own -= taken
        amount -= taken
    return amount


def _last_resort(plan: Step, owner: Step) -> list[Step]:
    """The longest step that can have waited, then itself; for a use that is not printed."""
    own = set(plan.walk())
    others = [step for step in owner.walk() if step not in own]
    return sorted(others, key=lambda step: -step.own) + list(plan.walk())


def _scans(plan: Step, owner: Step) -> Iterator[Step]:
    """The CTE Scans that read ``plan``: of its name, and not of a nearer CTE of this name."""
    name = plan.subplan_name.removeprefix("CTE ")
    for step in owner.walk():
        is_of_name = step.node_type == "CTE Scan" and step.raw.get("CTE Name") == name
        if is_of_name and _nearest_cte(step) is plan:
            yield step


def _nearest_cte(scan: Step) -> Step | None:
    below, step = scan, scan.parent
    name = f"CTE {scan.raw.get('CTE Name')}"
    while step is not None:
        for child in step.children:
            if child.is_init_plan and child.subplan_name == name and child is not below:
                return child
        below, step = step, step.parent
    return None


def _users(plan: Step, owner: Step, total: float) -> list[Step]:
    """The steps that may have waited for the InitPlan, most likely first.

    An expression is printed again in every step above the one that computes it, so the deepest
    come first; but what took less time than the InitPlan has not waited for it. Inside a Gather,
    the Gather computes it, before the workers start.
    """
    pattern = re.compile("|".join(_spellings(plan.subplan_name)))
    own = set(plan.walk())
    users = [
        step for step in owner.walk() if step.loops and step not in own and _prints(step, pattern)
    ]
    above = {ancestor for step in users for ancestor in _ancestors(step)}
    deepest = [_outermost_gather(step, owner) for step in users if step not in above]
    # The printed average of many loops is rounded: what is nearly long enough may have waited.
    return sorted(deepest + users, key=lambda step: step.own + step.rounding < 0.99 * total)


def _spellings(name: str) -> Iterator[str]:
    """How a result is printed: ``$0`` up to 16, ``(InitPlan 1).col1`` since 17."""
    yield re.escape(f"(InitPlan {name.removeprefix('InitPlan ')}).")
    for parameter in re.findall(r"\$\d+", name):
        yield re.escape(parameter) + r"(?!\d)"


def _prints(step: Step, pattern: re.Pattern[str]) -> bool:
    for key, value in step.raw.items():
        texts = value if isinstance(value, list) else [value]
        if key not in {"Plans", "Subplan Name"} and any(
            isinstance(text, str) and pattern.search(text) for text in texts
        ):
            return True
    return False


def _ancestors(step: Step) -> Iterator[Step]:
    while step.parent is not None:
        step = step.parent
        yield step


def _outermost_gather(step: Step, owner: Step) -> Step:
    found = step
    while step is not owner and step.parent is not None:
        step = step.parent
        if step.node_type in GATHERS:
            found = step
    return found
