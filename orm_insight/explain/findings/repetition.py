"""Rules about steps that run again and again."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.explain.findings.context import Context
from orm_insight.explain.wording import amount
from orm_insight.hints.catalogue import IndexKind, code_of_index
from orm_insight.model.plan import Finding, PlanNode

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
                f"{_target(context, inner)} is searched anew."
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
                f"computed {amount(loops)} times, once for each row."
            ),
            advice=(
                "Filter or slice before the Subquery() or Exists() is computed; or join instead: "
                "annotate() with an aggregate, or filter() over the relation."
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
        return f"An index on {fields or 'what is joined'} makes each of these searches short."
    few = "Filter the other side first, so that fewer rows are joined"
    if inner.node_type in _FINDS:
        return f"{few}; if PostgreSQL expected fewer, see the estimate of that side."
    return f"{few}, or let the joined part be computed once (a subquery, a prefetch)."
