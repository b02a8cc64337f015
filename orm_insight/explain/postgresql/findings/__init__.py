"""Findings in a plan: rules over its steps, ranked by the time that they explain.

A rule says nothing about a step that did not run, and nothing that explains less than a tenth
of the execution or less than a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from orm_insight.explain.postgresql.findings import costs, rows, scans
from orm_insight.explain.postgresql.findings.context import Context
from orm_insight.explain.postgresql.names import Names
from orm_insight.model.plan import Finding, Plan
from orm_insight.model.schema import Schema

MIN_SHARE = 0.1
MIN_MS = 1.0

RULES: tuple[Callable[[Context], Iterable[Finding]], ...] = (
    scans.selective_sequential_scan,
    scans.inefficient_index_scan,
    scans.order_from_the_wrong_index,
    costs.spilled_to_disk,
    scans.lossy_bitmap,
    rows.misestimate,
    scans.heap_fetches,
    rows.nested_loop,
    rows.subplan,
    rows.large_offset,
    rows.unbounded_result,
    costs.cold_cache,
    scans.bloat,
    costs.jit,
    costs.planning,
    costs.missing_workers,
    costs.triggers,
    scans.bitmap_and,
    scans.filter_on_cte,
    costs.captured_differs,
)


def find(
    plan: Plan, *, captured_ms: float | None = None, schema: Schema | None = None
) -> tuple[Finding, ...]:
    """The findings of a measured plan, what explains most first; none of one not measured.

    ``captured_ms`` is how long the application had waited for the statement. With ``schema`` the
    sentences speak of fields and lookups instead of columns.
    """
    if not plan.is_measured:
        return ()
    context = Context(plan, Names(schema), captured_ms)
    found = [
        finding
        for rule in RULES
        for finding in rule(context)
        if finding.share >= MIN_SHARE and finding.ms >= MIN_MS
    ]
    searched = {id(finding.node) for finding in found if finding.code in _SEARCHES}
    return tuple(sorted(found, key=lambda finding: _rank(finding, searched)))


_SEARCHES = frozenset({"selective-seq-scan", "inefficient-index-scan", "order-by-limit"})


def _rank(finding: Finding, searched: set[int]) -> tuple[bool, float]:
    """The largest first; a wait of the application for something else comes last.

    How long a step searches is told by the rule about that already: a wrong estimate of it comes
    before only where the steps above it take longer.
    """
    ms = finding.ms
    if finding.code == "misestimate" and id(finding.node) in searched:
        ms -= finding.node.self_ms or 0.0
    return finding.code == "captured-differs", -ms
