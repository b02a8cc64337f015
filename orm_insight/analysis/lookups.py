"""What a repeated lookup of single objects varies, and what it keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orm_insight.analysis.conditions import conditions_code
from orm_insight.analysis.loops import Loop
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.model.schema import ModelFacts, Schema
from orm_insight.model.trace import Condition
from orm_insight.sql.columns import columns_of_placeholders

_SINGLE = {QueryOrigin.GET, QueryOrigin.FIRST, QueryOrigin.EXISTS}
_IS = r'["`]\w+["`]\.["`]\w+["`] = %s'
_WHERE = re.compile(rf" WHERE (?:{_IS}|\({_IS}(?: AND {_IS})+\))(?: ORDER BY .*)? LIMIT \d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """``field`` of the model is compared with another value each time.

    ``constants`` are the other conditions as code, ``None`` where they cannot be told.
    """

    facts: ModelFacts
    field: str
    constants: tuple[str, ...] | None

    @property
    def is_key(self) -> bool:
        return self.field == self.facts.pk

    @property
    def is_unique(self) -> bool:
        return self.is_key or self.field in self.facts.unique


def varied_field(loop: Loop, schema: Schema) -> tuple[ModelFacts, str, str] | None:
    """The model, the one field whose value differs, and its column; only if it is compared by
    equality, and not with the objects of one instance."""
    query = loop.queries[0]
    if query.construction is None or query.construction.load is not None or len(loop.varying) != 1:
        return None
    facts = schema.models.get(query.construction.model or "")
    columns = columns_of_placeholders(query.sql)
    position = loop.varying[0]
    column = columns[position] if position < len(columns) else None
    if facts is None or column is None or column not in facts.columns:
        return None
    if re.search(rf'["`]{re.escape(facts.table)}["`]\.["`]{re.escape(column)}["`] = %s', query.sql):
        return facts, facts.columns[column], column
    return None


def single_lookup(loop: Loop, schema: Schema) -> Lookup | None:
    """The lookup, if the loop calls ``get()``, ``first()`` or ``exists()`` for each value."""
    if loop.origin not in _SINGLE or (found := varied_field(loop, schema)) is None:
        return None
    facts, field, column = found
    if loop.origin is QueryOrigin.EXISTS and field != column:
        return None  # a foreign key: its parents ask whether they have such objects
    return Lookup(facts=facts, field=field, constants=_constants(loop, facts, column))


def _constants(loop: Loop, facts: ModelFacts, varied: str) -> tuple[str, ...] | None:
    sql = loop.queries[0].sql
    if " AND " not in sql and " OR " not in sql and " JOIN " not in sql:
        return ()
    if _WHERE.search(sql) is None or " JOIN " in sql:
        return None
    columns = [column for column in columns_of_placeholders(sql) if column is not None]
    others = [column for column in columns if column != varied]
    if len({*columns}) < len(columns) or any(column not in facts.columns for column in others):
        return None
    conditions = tuple(Condition(lookup=facts.columns[c], column=c, count=1) for c in others)
    code = conditions_code(conditions, loop.queries)
    return None if code is None else tuple(code)
