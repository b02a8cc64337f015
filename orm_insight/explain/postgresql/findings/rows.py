"""Rules about rows: not expected, searched again and again, or too many."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.explain.postgresql.findings.context import Context
from orm_insight.explain.raw_values import text_of
from orm_insight.explain.words import amount, counted
from orm_insight.model.catalogue import IndexKind, code_of_index
from orm_insight.model.plan import Finding, PlanNode
from orm_insight.sql.expressions import comparisons

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
                f"PostgreSQL expected {counted(planned, 'row')} and got {_got(node)}"
                f"{' in each loop' if (node.loops or 1) > 1 else ''} from "
                f"{_what(context, node)}. The steps chosen for that estimate take "
                f"{context.of_time(ms)}."
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
            "ANALYZE the tables below this step. If that does not help, its result cannot be "
            "estimated: use fewer steps, or split the query."
        )
    found = [c for key in _CONDITIONS for c in comparisons(str(node.raw.get(key) or ""))]
    columns = tuple(dict.fromkeys(c.column.name for c in found if c.column and not c.function))
    expressions = [c.expression for c in found if c.expression]
    advice = f"ANALYZE {table}, in case it has changed a lot since the last ANALYZE."
    if expressions:
        return f"{advice} There are no statistics on {expressions[0]}: CREATE STATISTICS for it."
    if len(columns) > 1:
        return (
            f"{advice} If the estimate stays wrong, the fields depend on each other: CREATE "
            "STATISTICS "
            f"{table}_{'_'.join(columns)} (dependencies) ON {', '.join(columns)} FROM {table}, in "
            "a migration's RunSQL, and ANALYZE again."
        )
    return f"{advice} If the estimate stays wrong, raise the statistics target of the column."


# Steps that run again and again.

MIN_LOOPS = 1_000
_FINDS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Memoize"})


def nested_loop(context: Context) -> Iterator[Finding]:
    """The inner side of a nested loop takes much of the time in a thousand loops or more."""
    for node in context.nodes:
        if node.node_type != "Nested Loop" or len(node.children) < 2:
            continue
        inner = next(
            (c for c in node.children if c.raw.get("Parent Relationship") == "Inner"),
            node.children[1],
        )
        ms, loops = inner.total_ms or 0.0, inner.loops or 0.0
        if loops < MIN_LOOPS or context.share(ms) < 0.3:
            continue
        yield context.finding(
            "nested-loop",
            inner,
            ms,
            title=f"runs {amount(loops)} times",
            message=(
                f"{context.of_time(ms)}: for each of {amount(loops)} rows of the other side, "
                f"{_target(context, inner)} is searched again."
            ),
            advice=_faster(context, inner),
            hint=code_of_index(IndexKind.PLAIN) if _scan(inner).node_type == "Seq Scan" else "",
        )


def subplan(context: Context) -> Iterator[Finding]:
    """A subquery that is computed for every row."""
    for node in context.nodes:
        loops, ms = node.loops or 0.0, node.total_ms or 0.0
        if node.raw.get("Parent Relationship") != "SubPlan" or loops < MIN_LOOPS:
            continue
        name = str(node.raw.get("Subplan Name") or "The subquery")
        yield context.finding(
            "subplan",
            node,
            ms,
            title=f"subquery, {amount(loops)} times",
            message=(
                f"{context.of_time(ms)}: {name}, a subquery on {_target(context, node)}, is "
                f"computed {amount(loops)} times, once per row."
            ),
            advice=(
                "Filter or slice before the Subquery() or Exists() is computed, or use a join: "
                "annotate() with an aggregate, or filter() across the relation."
            ),
        )


def _scan(node: PlanNode) -> PlanNode:
    """The step that reads a table, below steps with a single child."""
    while len(node.children) == 1 and node.relation is None:
        node = node.children[0]
    return node


def _target(context: Context, node: PlanNode) -> str:
    return context.names.table(_scan(node))


def _faster(context: Context, inner: PlanNode) -> str:
    scan = _scan(inner)
    fields = ", ".join(context.names.fields_of(scan, "Filter", "Join Filter"))
    if scan.node_type == "Seq Scan":
        return f"An index on {fields or 'the joined columns'} makes each of these searches fast."
    few = "Filter the other side first, so that fewer rows are joined"
    if inner.node_type in _FINDS:
        return f"{few}; if PostgreSQL expected fewer, see the estimate of that side."
    return f"{few}, or compute the joined part once (a subquery, a prefetch)."


# Rows that the application asked for.

MANY_ROWS = 10_000
MANY_SKIPPED = 1_000
_PASSING = frozenset({"Sort", "Subquery Scan", "Result", "LockRows", "WindowAgg", "Unique"})


def large_offset(context: Context) -> Iterator[Finding]:
    """Rows are made to be skipped."""
    for node in context.nodes:
        if node.node_type != "Limit" or not node.children:
            continue
        below = next((c for c in node.children if not _is_aside(c.raw)), None)
        made, kept = (below.rows if below else None) or 0.0, node.rows or 0.0
        skipped = made - kept
        if below is None or skipped < MANY_SKIPPED or skipped < 10 * kept:
            continue
        ms = (below.total_ms or 0.0) * skipped / made
        yield context.finding(
            "large-offset",
            node,
            ms,
            title=f"skips {counted(skipped, 'row')}",
            message=(
                f"{context.of_time(ms)} is spent on {counted(skipped, 'row')} that OFFSET skips to "
                f"return {amount(kept)}; each further page takes longer."
            ),
            advice=(
                "Use keyset pagination: filter(pk__gt=last) in the order of an index, and a slice "
                "without an offset."
            ),
        )


def _is_aside(raw: object) -> bool:
    return isinstance(raw, dict) and text_of(raw, "Parent Relationship") in {"InitPlan", "SubPlan"}


def _is_limited(node: PlanNode) -> bool:
    """A LIMIT below steps that pass on what it gives."""
    while node.node_type in _PASSING and len(node.children) == 1:
        node = node.children[0]
    return node.node_type == "Limit"


def unbounded_result(context: Context) -> Iterator[Finding]:
    """Ten thousand rows or more are sent to the application."""
    root = context.plan.root
    rows = root.rows or 0.0
    if rows < MANY_ROWS or root.node_type == "ModifyTable" or _is_limited(root):
        return
    # What a slice would save: the steps through which these rows go.
    ms = sum(node.self_ms or 0.0 for node in context.nodes if (node.rows or 0.0) >= rows)
    ms += context.plan.serialization_ms or 0.0
    yield context.finding(
        "unbounded-result",
        root,
        ms,
        title=counted(rows, "row"),
        message=(
            f"{counted(rows, 'row')} are sent to the application, without a limit. Producing them "
            f"takes {context.of_time(ms)}, and Django has to create an object for each."
        ),
        advice=(
            "Slice or paginate; count and sum in the database; use iterator() if you need all rows."
        ),
    )
