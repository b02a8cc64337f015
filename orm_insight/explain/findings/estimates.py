"""The rule about rows that the planner did not expect."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.explain.findings.context import Context
from orm_insight.explain.wording import amount, counted
from orm_insight.model.plan import Finding, PlanNode
from orm_insight.sql.predicates import comparisons

FACTOR = 10
_MIN_ROWS = 100
_MIN_LOOPS = 10
"""Fewer rows than these lead to no other plan; those that a loop runs for count more."""
_CONDITIONS = ("Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter")


def misestimate(context: Context) -> Iterator[Finding]:
    """Ten times more or fewer rows than planned, where that begins."""
    wrong = {id(node) for node in context.nodes if _is_wrong(context, node)}
    for node in context.nodes:
        if id(node) not in wrong or any(id(below) in wrong for below in _below(node)):
            continue
        actual, planned = _actual(node), node.plan_rows or 0.0
        ms = _consequences(context, node)
        times = factor(node)
        more = "more" if actual > planned else "fewer"
        yield context.finding(
            "misestimate",
            node,
            ms,
            title=f"{amount(times)} times {more} rows than planned",
            message=(
                f"PostgreSQL planned with {counted(planned, 'row')} and got {_got(node)}"
                f"{' in each loop' if (node.loops or 1) > 1 else ''} from "
                f"{_what(context, node)}. The steps that were chosen for the wrong "
                f"number take {context.of_time(ms)}."
            ),
            advice=_advice(context, node),
        )


def _got(node: PlanNode) -> str:
    """Up to 17, PostgreSQL rounds: no rows in many loops may be one in some of them."""
    is_rounded = not node.rows and (node.loops or 1) > 1
    return "less than one" if is_rounded else amount(_actual(node))


def factor(node: PlanNode) -> float:
    """By how much the estimate of one loop is off. PostgreSQL never plans with less than a row."""
    actual, planned = max(_actual(node), 1.0), max(node.plan_rows or 0.0, 1.0)
    return max(actual / planned, planned / actual)


def is_comparable(context: Context, node: PlanNode) -> bool:
    """Its actual and planned rows can be compared at all."""
    return (
        node.executed
        and node.rows is not None
        and node.plan_rows is not None
        and context.has_comparable_rows(node)
        and context.ran_to_its_end(node)
    )


def _is_wrong(context: Context, node: PlanNode) -> bool:
    rows = max(node.rows or 0.0, (node.plan_rows or 0.0) * (node.loops or 1))
    is_large = rows >= (_MIN_LOOPS if _drives_a_loop(context, node) else _MIN_ROWS)
    return is_large and factor(node) >= FACTOR and is_comparable(context, node)


def _drives_a_loop(context: Context, node: PlanNode) -> bool:
    below = node
    for above in context.ancestors(node):
        if above.node_type == "Nested Loop" and above.children[0] is below:
            return True
        below = above
    return False


def _actual(node: PlanNode) -> float:
    return (node.rows or 0.0) / (node.loops or 1)


def _below(node: PlanNode) -> Iterator[PlanNode]:
    for child in node.children:
        yield from child.walk()


def _consequences(context: Context, node: PlanNode) -> float:
    """The time of the step, and of those above it that were planned with its rows."""
    ms, below = node.self_ms or 0.0, node
    for above in context.ancestors(node):
        ms += above.self_ms or 0.0
        if above.node_type == "Nested Loop" and above.children[0] is below:
            ms += sum(child.total_ms or 0.0 for child in above.children[1:])
        below = above
    return ms


def _what(context: Context, node: PlanNode) -> str:
    condition = context.names.condition(node, *_CONDITIONS)
    what = context.names.table(node) if node.relation else f"the {node.node_type}"
    return f"{what} where {condition}" if condition else what


def _advice(context: Context, node: PlanNode) -> str:
    table = context.names.table(node)
    if node.relation is None:
        return (
            "ANALYZE the tables below this step. Where that does not help, its result cannot be "
            "foreseen: put the rows into fewer steps, or split the query."
        )
    found = [c for key in _CONDITIONS for c in comparisons(str(node.raw.get(key) or ""))]
    columns = tuple(dict.fromkeys(c.column.name for c in found if c.column and not c.function))
    expressions = [c.expression for c in found if c.expression]
    advice = f"ANALYZE {table}, in case it has changed much since the last time."
    if expressions:
        return f"{advice} Nothing is known about {expressions[0]}: CREATE STATISTICS on it."
    if len(columns) > 1:
        return (
            f"{advice} If the estimate stays, the fields depend on each other: CREATE STATISTICS "
            f"{table}_{'_'.join(columns)} (dependencies) ON {', '.join(columns)} FROM {table}, in "
            "a migration's RunSQL, and ANALYZE again."
        )
    return f"{advice} If the estimate stays, raise the column's statistics target."
