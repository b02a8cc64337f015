"""Which field a repeated lookup of single objects varies."""

from __future__ import annotations

from orm_insight.analysis.loops import Loop
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.model.schema import ModelFacts, Schema
from orm_insight.sql.columns import columns_of_placeholders


def looked_up_field(loop: Loop, schema: Schema) -> tuple[ModelFacts, str] | None:
    """The model and the one field whose value differs, if the loop calls get() or first()."""
    construction = loop.queries[0].construction
    if loop.origin not in (QueryOrigin.GET, QueryOrigin.FIRST) or construction is None:
        return None
    if construction.load is not None:  # narrowed related objects: other rows for each parent
        return None
    facts = schema.models.get(construction.model or "")
    if facts is None or len(loop.varying) != 1:
        return None
    columns = columns_of_placeholders(loop.queries[0].sql)
    position = loop.varying[0]
    column = columns[position] if position < len(columns) else None
    field = facts.columns.get(column) if column is not None else None
    return None if field is None else (facts, field)
