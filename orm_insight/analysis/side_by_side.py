"""Relations to several objects that one aggregation joins side by side, so that rows multiply.

https://docs.djangoproject.com/en/stable/topics/db/aggregation/#combining-multiple-aggregations

Certain, or nothing: each join leads from the primary key of the same table to a column that is
known as a foreign key, and not a unique one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from orm_insight.model.schema import ModelFacts, Schema
from orm_insight.model.trace import Query
from orm_insight.sql.joins import Join, Joined, aggregated_joins


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """``names`` are the relations of ``model``, as lookups call them."""

    model: ModelFacts
    names: tuple[str, ...]

    @property
    def cause(self) -> str:
        """What happens, as a sentence."""
        names, owner = self.names, self.model.name
        others = " and ".join(names[1:])
        return (
            f"It joins {_listed(names)} side by side: for each {owner} object, each row of "
            f"{names[0]} is paired with each row of {others}, so rows multiply before they are "
            "aggregated."
        )

    @property
    def advice(self) -> str:
        return (
            f"Aggregate each of {_listed(self.names)} in a subquery of its own (Subquery with "
            'OuterRef("pk"), one for each annotation), or in a queryset of its own. distinct=True '
            "corrects a count, it does not prevent the rows."
        )


def cause_of(query: Query, schema: Schema, slow_ms: float) -> str:
    """What is wrong with a slow statement whatever its plan: it is said before any index."""
    if query.duration_ms < slow_ms:
        return ""
    found = find_side_by_side(str(query.sql), schema)
    return f"{found.cause} {found.advice}" if found is not None else ""


def find_side_by_side(sql: str, schema: Schema) -> SideBySide | None:
    """The first table of which two relations to several objects are joined, if one is."""
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
