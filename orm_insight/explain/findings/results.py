"""Rules about how many rows the application asked for."""

from __future__ import annotations

from collections.abc import Iterator

from orm_insight.explain.findings.context import Context
from orm_insight.explain.raw_values import text_of
from orm_insight.explain.wording import amount, counted
from orm_insight.model.plan import Finding, PlanNode

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
                f"{context.of_time(ms)} goes into {counted(skipped, 'row')} that OFFSET skips "
                f"for the {amount(kept)} that are wanted; each further page takes longer."
            ),
            advice=(
                "Page by the last value seen: filter(pk__gt=last) in the order of an index, and a "
                "slice without a start."
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
            f"{counted(rows, 'row')} are sent to the application, without a limit; making them "
            f"takes {context.of_time(ms)}, and Django has to make an object of each."
        ),
        advice=(
            "Slice or paginate; count and sum in the database; iterator() where all of them are "
            "needed."
        ),
    )
