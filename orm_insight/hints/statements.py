"""Slow statements (ORM601), and joins that multiply rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from orm_insight.analysis.groups import QueryGroup
from orm_insight.hints.base import Context, severity_of, sites_of, times
from orm_insight.model.catalogue import RULES, docs_of
from orm_insight.model.fix import Fix, Need
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.plan import Evidence
from orm_insight.model.schema import ModelFacts, Schema
from orm_insight.model.trace import Query
from orm_insight.sql.related import Join, Joined, aggregated_joins


class SlowStatement:
    """ORM601: a single query is slow.

    Its plan tells why; until somebody has asked for that, only that it is slow is known.

    If it joins several sets side by side, the statement itself tells why.

    https://docs.djangoproject.com/en/stable/topics/db/optimization/#profile-first
    """

    code = "ORM601"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.groups:
            slow = tuple(q for q in group.queries if q.duration_ms >= context.thresholds.slow_ms)
            if not slow:
                continue
            cause = find_side_by_side(str(slow[0].sql), context.schema)
            if cause is not None or not _is_explained(slow, context):
                yield self._hint(group, slow, context, cause)

    def _hint(
        self, group: QueryGroup, slow: tuple[Query, ...], context: Context, cause: SideBySide | None
    ) -> Hint:
        slowest = max(slow, key=lambda query: query.duration_ms)
        saving = Saving(0, sum(query.duration_ms for query in slow))
        model = slowest.construction.model if slowest.construction else None
        happens = (
            f"It ran {times(group.count)} and took {slowest.duration_ms:,.0f} ms at its slowest."
        )
        return Hint(
            code=self.code,
            title=f"{model}: slow query" if model else "Slow query",
            happens=happens,
            message=f"{happens} {_why(context.evidence.get(slowest.index), cause)}",
            severity=severity_of(self.code, saving, context),
            model=model,
            lookup=", ".join(cause.names) if cause is not None else None,
            site=slowest.site or slowest.origin,
            sites=sites_of(slow),
            origin=slowest.origin or slowest.site,
            queries=slow,
            saving=saving,
            change=Fix().given(Need.CAUSE, is_known=False),
            docs=docs_of(self.code),
        )


def _why(evidence: Evidence | None, cause: SideBySide | None) -> str:
    if cause is not None:  # what a plan says of so many rows is about their number, not the cause
        return f"{cause.cause} {cause.advice}"
    if evidence is None:
        return "Click Explain analyze: the plan shows why."
    found = next(iter(evidence.plan.findings), None)
    if found is None:
        return (
            "Nothing stands out in its plan: the number of rows, or a busy server, is the "
            "likely reason."
        )
    return f"{found.message} {found.advice}"


def _is_explained(slow: tuple[Query, ...], context: Context) -> bool:
    """Its plan gives a hint of another code, which says more."""
    for query in slow:
        evidence = context.evidence.get(query.index)
        if evidence is not None and _gives_hint(evidence):
            return True
    return False


def _gives_hint(evidence: Evidence) -> bool:
    rules = (RULES.get(finding.hint) for finding in evidence.plan.findings)
    return bool(evidence.advice) or any(rule and rule.is_given_by_finding for rule in rules)


# -- relations joined side by side in one aggregation ---------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """``names`` are the relations of ``model``, as lookups call them."""

    model: ModelFacts
    names: tuple[str, ...]

    @property
    def cause(self) -> str:
        """The effect, as a sentence."""
        names, owner = self.names, self.model.name
        others = " and ".join(names[1:])
        return (
            f"It joins {_listed(names)} in one query: for each {owner} object, every row of "
            f"{names[0]} is combined with every row of {others}, so the rows multiply before they "
            "are aggregated."
        )

    @property
    def advice(self) -> str:
        return (
            f"Aggregate each of {_listed(self.names)} in its own subquery (Subquery with "
            'OuterRef("pk"), one per annotation), or in its own queryset. distinct=True corrects '
            "a count, but does not avoid the extra rows."
        )


def cause_of(query: Query, schema: Schema, slow_ms: float) -> str:
    """The mistake in a slow statement, whatever its plan; it is told before any index."""
    if query.duration_ms < slow_ms:
        return ""
    found = find_side_by_side(str(query.sql), schema)
    return f"{found.cause} {found.advice}" if found is not None else ""


def find_side_by_side(sql: str, schema: Schema) -> SideBySide | None:
    """The first table of which two relations to several objects are joined, if one is.

    Certain, or nothing: each join leads from the primary key of the same table to a column that is
    known as a foreign key, and not a unique one.

    https://docs.djangoproject.com/en/stable/topics/db/aggregation/#combining-multiple-aggregations
    """
    joined = aggregated_joins(sql)
    if joined is None:
        return None
    tables = {joined.table: joined.table} | {join.alias: join.table for join in joined.joins}
    branches: dict[str, list[Join]] = defaultdict(list)
    for join in joined.joins:
        branches[join.outer].append(join)
    for alias, joins in branches.items():
        found = _relations(tables.get(alias, ""), joins, schema)
        if found is not None and not _is_one_row(sql, joined, schema):
            return found
    return None


def _relations(table: str, joins: list[Join], schema: Schema) -> SideBySide | None:
    owners = [m for m in schema.models.values() if m.table == table and not m.is_proxy]
    if len(owners) != 1:
        return None
    owner = owners[0]
    found = [name for join in joins if (name := _to_several(owner, join)) is not None]
    return SideBySide(model=owner, names=tuple(found)) if len(found) > 1 else None


def _to_several(owner: ModelFacts, join: Join) -> str | None:
    """The relation that a join follows; ``None`` where it leads to one row, or it is not known."""
    if owner.columns.get(join.outer_column) != owner.pk:
        return None
    names = [
        name
        for name, facts in owner.sets.items()
        if (facts.table, facts.columns) == (join.table, (join.column,)) and not facts.is_single
    ]
    return names[0] if len(names) == 1 else None


def _is_one_row(sql: str, joined: Joined, schema: Schema) -> bool:
    """A joined table of which one row is wanted multiplies nothing."""
    keys = {
        (model.table, column)
        for model in schema.models.values()
        for column, name in model.columns.items()
        if name == model.pk or name in model.unique
    }
    where = sql.partition(" WHERE ")[2]
    return any(
        re.search(rf'(?<!\w)["`]?{join.alias}["`]?\.["`]{column}["`] = ', where)
        for join in joined.joins
        for table, column in keys
        if table == join.table
    )


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
