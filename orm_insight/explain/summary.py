"""A plan in one sentence: which step takes most of the time, and what it does all that for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orm_insight.explain.comparison import own_costs, total_cost
from orm_insight.explain.mysql.steps import FULL_SCAN, INDEX_SCANS, SEARCHES, rows_removed
from orm_insight.explain.postgresql.findings.costs import LONG_PLANNING_MS
from orm_insight.explain.raw_values import number_of
from orm_insight.explain.words import JOINS, amount, counted, describe, duration, percent
from orm_insight.model.plan import Plan, PlanNode

FAST_MS = 1.0
"""Below, nothing in a plan is worth a thought."""
STANDS_OUT = 0.3
_REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
_MANY_LOOPS = 10


@dataclass(frozen=True, slots=True)
class _Cost:
    """A part of the whole, as the noun of a sentence."""

    ms: float
    words: str
    node: PlanNode | None = None


def summarize(plan: Plan) -> str:
    """The plan in one sentence, also of one that was not measured."""
    if plan.is_measured:
        return _measured(plan)
    costs = own_costs(plan)
    if costs and (total_cost(plan.root) or 0) > 0:
        return _estimated(plan, costs)
    return summarize_query_plan(plan)


def _measured(plan: Plan) -> str:
    whole, planning = plan.execution_ms or plan.root.total_ms, plan.planning_ms or 0.0
    if whole is None:
        return _without_times(plan)
    if planning > max(whole, LONG_PLANNING_MS):
        return f"Planning took {duration(planning)}, longer than the execution: {duration(whole)}."
    if whole < FAST_MS:
        return f"{duration(whole)}: nothing here is slow."
    return _largest(whole, max(_costs(plan), key=lambda cost: cost.ms))


def _costs(plan: Plan) -> Iterator[_Cost]:
    """Everything that the time may have gone into."""
    for node in plan.nodes():
        yield _Cost(node.self_ms or 0.0, describe(node), node)
    called = sum(number_of(trigger, "Time") for trigger in plan.triggers)
    names = {str(t.get("Constraint Name") or t.get("Trigger Name")) for t in plan.triggers}
    one = f"the trigger {next(iter(names))}" if len(names) == 1 else f"{len(names)} triggers"
    yield _Cost(called, one)
    yield _Cost(plan.serialization_ms or 0.0, "converting the rows for the client")
    if plan.compiling_ms >= 0.5 * (plan.execution_ms or plan.root.total_ms or 0.0):
        # It is part of the steps' times, so it comes before them only where it is most of all.
        yield _Cost(plan.compiling_ms, "compiling the statement (JIT)")


def _largest(whole: float, cost: _Cost) -> str:
    share = min(cost.ms / whole, 1.0) if whole else 0.0
    rows = _thrown_away(cost.node) if cost.node else ""
    if share >= STANDS_OUT:
        return f"{percent(share)} of {duration(whole)} is {cost.words}{rows}."
    return (
        f"No step stands out in {duration(whole)}; the largest, with {percent(share)}, "
        f"is {cost.words}{rows}."
    )


def _thrown_away(node: PlanNode) -> str:
    """The rows that the step reads for nothing, and how often it runs."""
    loops = node.loops or 1
    often = f", run {amount(loops)} times" if loops >= _MANY_LOOPS else ""
    tells = _result(node, loops)
    return f"{often}{',' if often and tells else ''}{tells}"


def _result(node: PlanNode, loops: float) -> str:
    removed = sum(number_of(node.raw, key) for key in _REMOVED) * loops
    removed += rows_removed(node)
    kept = node.rows or 0.0
    if removed >= 1 and removed >= kept:
        return f" that discards {amount(removed)} of {counted(removed + kept, 'row')}"
    by_join = number_of(node.raw, "Rows Removed by Join Filter") * loops
    if node.node_type in JOINS and by_join >= 1 and by_join >= kept:
        return f" that discards {amount(by_join)} of {amount(by_join + kept)} pairs"
    return f" that returns {counted(kept, 'row')}" if _tells_rows(node) else ""


def _tells_rows(node: PlanNode) -> bool:
    return (node.node_type.endswith("Scan") or node.node_type in JOINS) and (node.rows or 0) >= 1


def _without_times(plan: Plan) -> str:
    """Measured with TIMING OFF: rows are all there is."""
    node = max(plan.nodes(), key=lambda node: node.rows or 0.0)
    return (
        f"Times were not measured; most rows, {amount(node.rows or 0.0)}, come from "
        f"{describe(node)}."
    )


def _estimated(plan: Plan, costs: dict[int, float]) -> str:
    node = max(plan.nodes(), key=lambda node: costs.get(id(node), 0.0))
    whole = max(total_cost(plan.root) or 0.0, costs[id(node)])
    share = costs[id(node)] / whole
    rows = "" if node.plan_rows is None else f", for {counted(node.plan_rows, 'row')}"
    return (
        f"By the planner's estimate {percent(share)} of the cost is {describe(node)}{rows}; "
        "nothing was measured."
    )


# Plans without times and costs: how the tables are read.

ROOT = "QUERY PLAN"
_MAX_TABLES = 3
_TEMPORARY = {"ORDER BY": "sorted", "GROUP BY": "grouped", "DISTINCT": "compared with each other"}


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
        yield f"an index on {_names(automatic)} is built just for this statement"
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
