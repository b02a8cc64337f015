"""Findings in a measured plan of MariaDB or MySQL, ranked by the time that each explains.

The limits are those of PostgreSQL's findings: silent below a tenth of the execution or a
millisecond, and where too few rows are thrown away for an index to matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from orm_insight.explain.mysql.steps import number
from orm_insight.explain.words import amount, counted, duration, index_advice, percent
from orm_insight.model.catalogue import IndexKind, code_of_finding, code_of_index
from orm_insight.model.plan import Finding, Plan, PlanNode
from orm_insight.sql.filters import Filters

MIN_SHARE = 0.1
MIN_MS = 1.0
MIN_REMOVED = 10_000
MIN_REMOVED_SHARE = 0.9
MIN_COLLECTED = 1_000
"""Fewer rows are sorted or stored in no time; what took longer was something else."""

_SCANS = frozenset({"Table scan", "Index scan", "Covering index scan"})
_MADE_HERE = ("<", "(")


@dataclass(frozen=True, slots=True)
class _Step:
    node: PlanNode
    parent: PlanNode | None
    plan: Plan
    filters: Filters

    @property
    def self_ms(self) -> float:
        return self.node.self_ms or 0.0

    def share(self, ms: float) -> float:
        whole = self.plan.execution_ms or 0.0
        return min(ms / whole, 1.0) if whole else 0.0

    def of_time(self, ms: float) -> str:
        """``92 % of 184 ms``."""
        return f"{percent(self.share(ms))} of {duration(self.plan.execution_ms or 0.0)}"

    def finding(
        self,
        code: str,
        ms: float,
        *,
        title: str,
        message: str,
        advice: str,
        hint: str | None = None,
    ) -> Finding:
        return Finding(
            code=code,
            node=self.node,
            title=title,
            message=message,
            advice=advice,
            hint=code_of_finding(code) if hint is None else hint,
            ms=ms,
            share=self.share(ms),
        )


def find(plan: Plan, filters: Filters) -> tuple[Finding, ...]:
    """The largest first; none of a plan that is not measured."""
    if not plan.is_measured:
        return ()
    found = [
        finding
        for step in _steps(plan.root, None, plan, filters)
        for rule in RULES
        for finding in rule(step)
        if finding.share >= MIN_SHARE and finding.ms >= MIN_MS
    ]
    return tuple(sorted(found, key=lambda finding: -finding.ms))


def _steps(
    node: PlanNode, parent: PlanNode | None, plan: Plan, filters: Filters
) -> Iterator[_Step]:
    if node.executed:
        yield _Step(node, parent, plan, filters)
    for child in node.children:
        yield from _steps(child, node, plan, filters)


def full_scan(step: _Step) -> Iterator[Finding]:
    """A table is read as a whole, and most of what is read is thrown away."""
    node = step.node
    if node.node_type not in _SCANS or not node.relation or node.relation.startswith(_MADE_HERE):
        return
    read, kept = _read_and_kept(step)
    removed = read - kept
    if removed < MIN_REMOVED or removed < MIN_REMOVED_SHARE * read:
        return
    ms = step.self_ms
    if step.parent is not None and step.parent.node_type == "Filter":
        ms += step.parent.self_ms or 0.0
    columns = _columns(step)
    again = f", in {counted(node.loops or 1, 'loop')}," if (node.loops or 1) > 1 else ""
    yield step.finding(
        "full-scan",
        ms,
        title=f"keeps {amount(kept)} of {amount(read)}",
        message=(
            f"{step.of_time(ms)}: all of {node.relation} is read{again} and {amount(removed)} of "
            f"{counted(read, 'row')} are discarded."
        ),
        advice=index_advice(node.relation, columns),
        hint=code_of_index(IndexKind.PLAIN) if columns else "",
    )


def join_without_index(step: _Step) -> Iterator[Finding]:
    """Each row of one table is compared with each of another."""
    node = step.node
    inner = next((child for child in node.children if child.relation), None)
    if node.node_type != "Block nested loop join" or inner is None or inner.relation is None:
        return
    ms = node.total_ms or 0.0
    name = inner.alias or inner.relation
    columns = step.filters.joined.get(name, ())
    yield step.finding(
        "join-without-index",
        ms,
        title="compares every row with every row",
        message=(
            f"{step.of_time(ms)}: every row of {inner.relation} is compared with each of "
            f"{counted(node.loops or 0, 'row')} of the tables before it."
        ),
        advice=index_advice(inner.relation, columns),
        hint=code_of_index(IndexKind.PLAIN) if columns else "",
    )


def filesort(step: _Step) -> Iterator[Finding]:
    """The rows are sorted, because no index gives them in order."""
    if step.node.node_type != "Sort" or _rows_below(step.node) < MIN_COLLECTED:
        return
    key = step.node.raw.get("sort_key")
    passes = number(step.node.raw.get("r_sort_passes")) or 0
    spilled = f", with {counted(passes, 'pass')} over a file on disk" if passes else ""
    yield step.finding(
        "filesort",
        step.self_ms,
        title="sorts on disk" if passes else "sorts",
        message=(
            f"{step.of_time(step.self_ms)} is spent sorting "
            f"{counted(step.node.rows or 0, 'row')}{f' by {key}' if key else ''}{spilled}."
        ),
        advice=(
            "Add an index in this order: Meta.indexes = [models.Index(fields=[...])] with "
            "the fields filtered by equality first, then those of order_by(). Or load fewer rows."
        ),
        hint=code_of_index(IndexKind.ORDERED),
    )


def temporary_table(step: _Step) -> Iterator[Finding]:
    """Rows are collected in a temporary table before the first is returned."""
    kind = step.node.node_type
    if "temporary table" not in kind.lower() or _rows_below(step.node) < MIN_COLLECTED:
        return
    yield step.finding(
        "temporary-table",
        step.self_ms,
        title="temporary table",
        message=(
            f"{step.of_time(step.self_ms)} is spent on a temporary table, which collects rows to "
            "group them, make them distinct or sort them."
        ),
        advice=(
            "An index on the grouped fields, in their order, returns the groups one by one. "
            "Remove distinct() if the rows are distinct anyway."
        ),
    )


RULES: tuple[Callable[[_Step], Iterator[Finding]], ...] = (
    full_scan,
    join_without_index,
    filesort,
    temporary_table,
)


def _read_and_kept(step: _Step) -> tuple[float, float]:
    """MariaDB filters in the table's own step, MySQL in the one above."""
    kept = step.node.rows or 0.0
    if "r_filtered" in step.node.raw:
        rows = number(step.node.raw.get("r_rows")) or 0.0
        return rows * (step.node.loops or 0.0), kept
    if step.parent is not None and step.parent.node_type == "Filter":
        return kept, step.parent.rows or 0.0
    return kept, kept


def _rows_below(node: PlanNode) -> float:
    """The rows that the step is given: a LIMIT may let it return fewer."""
    return max((below.rows or 0.0) for below in node.walk())


def _columns(step: _Step) -> tuple[str, ...]:
    """The columns that the statement compares; within a loop also those that join the table."""
    name = step.node.alias or str(step.node.relation)
    joined = step.filters.joined.get(name, ()) if (step.node.loops or 0) > 1 else ()
    return (*joined, *step.filters.compared.get(name, ()))
