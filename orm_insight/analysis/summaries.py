"""What is asked about the related objects of each row without loading them.

``count()``, ``exists()`` and ``aggregate()`` on a relation to several objects: the queryset that
loads the rows can bring the answers along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from orm_insight.analysis.conditions import conditions_code
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.schema import ModelFacts, RelatedSet, Schema
from orm_insight.model.trace import CallSite, Condition, Narrowing, Query, Relation, RelationLoad
from orm_insight.sql.narrowed import narrowed_statement
from orm_insight.sql.related import RelatedStatement, related_statement

_SUMMARIES = {QueryOrigin.COUNT, QueryOrigin.EXISTS, QueryOrigin.AGGREGATE}
# With these, rows of a prefetched relation ask nothing.
_SERVED = {QueryOrigin.COUNT, QueryOrigin.EXISTS}
_NOT_SERVED = {QueryOrigin.PREFETCH, QueryOrigin.ITERATOR, QueryOrigin.IN_BULK}

_Steps: TypeAlias = tuple[int, tuple[Relation, ...]]
_Asked: TypeAlias = tuple[_Steps, QueryOrigin, str, CallSite | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One question about one relation, asked by distinct rows of one queryset.

    ``statement`` and ``facts`` are known where the question is about all related objects, or about
    those that fulfil ``conditions``: code as ``filter()`` takes it, the same for all rows.
    """

    load: RelationLoad
    origin: QueryOrigin
    queries: tuple[Query, ...]
    statement: RelatedStatement | None
    facts: RelatedSet | None
    conditions: tuple[str, ...] = ()

    @property
    def relation(self) -> Relation:
        return self.load.relation

    @property
    def site(self) -> CallSite | None:
        return self.queries[0].site


def find_summaries(queries: Iterable[Query], schema: Schema, repeats: int) -> tuple[Summary, ...]:
    """The same question from the rows of one queryset.

    Left out is what a prefetch would answer that is needed anyway, because the objects are loaded
    one by one as well; and what is reached over another relation, since there the prefetch of the
    whole path is the simpler answer.
    """
    asked, loading = _collect(queries)
    summaries: dict[object, list[Query]] = {}
    for (steps, origin, sql, _), same in asked.items():
        if not _is_repeated(same, repeats):
            continue
        summary = _summary(same, schema)
        takes_prefetch = bool(summary.load.path) or _is_repeated(loading.get(steps, []), repeats)
        if takes_prefetch and origin in _SERVED and summary.load.is_plain:
            continue
        source = summary.load.source
        # All related objects are counted in several ways, with one and the same answer.
        question = "" if summary.statement and origin in _SERVED else sql
        key = (source.model, source.site, steps[1], origin, question, summary.conditions)
        summaries.setdefault(key, []).extend(same)
    return tuple(_summary(same, schema) for same in summaries.values())


def _collect(
    queries: Iterable[Query],
) -> tuple[dict[_Asked, list[Query]], dict[_Steps, list[Query]]]:
    """Questions by relation and statement, and by relation the loads that a prefetch would save."""
    asked: dict[_Asked, list[Query]] = {}
    loading: dict[_Steps, list[Query]] = {}
    # Shared within a trace: to which list such a query belongs is found out once.
    lists: dict[tuple[int, int, int], list[Query] | None] = {}
    for query in queries:
        shared = (id(query.frames), id(query.construction), id(query.sql))
        if shared not in lists:
            lists[shared] = None
            load = query.construction.load if query.construction else None
            if load is not None and load.relation.kind == "many":
                steps = (load.source.number, (*load.path, load.relation))
                origin = origin_of(query)
                if origin in _SUMMARIES:
                    # Of narrowed objects, another line may ask for others with the same statement.
                    line = None if load.is_plain else query.site
                    lists[shared] = asked.setdefault((steps, origin, query.sql, line), [])
                elif load.is_plain and origin not in _NOT_SERVED:
                    lists[shared] = loading.setdefault(steps, [])
        found = lists[shared]
        if found is not None:
            found.append(query)
    return asked, loading


def _is_repeated(queries: list[Query], repeats: int) -> bool:
    return len({query.parent for query in queries}) >= repeats


def _summary(queries: list[Query], schema: Schema) -> Summary:
    load = queries[0].construction.load if queries[0].construction else None
    assert load is not None
    owner = schema.models.get(load.relation.model)
    facts = owner.sets.get(load.relation.query_name) if owner else None
    statement, conditions = _question(queries, load, facts, schema)
    return Summary(
        load=load,
        origin=origin_of(queries[0]),
        queries=tuple(sorted(queries, key=lambda query: query.index)),
        statement=statement,
        facts=facts,
        conditions=conditions,
    )


def _question(
    queries: list[Query], load: RelationLoad, facts: RelatedSet | None, schema: Schema
) -> tuple[RelatedStatement | None, tuple[str, ...]]:
    """The statement, and the conditions that the application has added, if these are known."""
    sql, related = queries[0].sql, schema.models.get(load.relation.related_model or "")
    if facts is None or related is None:
        return None, ()
    statement = related_statement(sql)
    if statement is not None and _says_all(statement, related, facts, ()):
        return statement, ()
    if load.narrowing is None or not _is_filtered(load.narrowing, queries[0]):
        return None, ()
    asked = load.narrowing.conditions
    statement, conditions = narrowed_statement(sql), conditions_code(asked, tuple(queries))
    if statement is None or conditions is None or not _says_all(statement, related, facts, asked):
        return None, ()
    return statement, tuple(conditions)


def _is_filtered(narrowing: Narrowing, query: Query) -> bool:
    """Whether the objects were filtered and nothing else: no slice, no distinct()."""
    is_whole = narrowing.high is None or origin_of(query) is QueryOrigin.EXISTS
    is_plain = not narrowing.low and not narrowing.is_distinct and is_whole
    return narrowing.is_readable and is_plain and bool(narrowing.conditions)


def _says_all(
    statement: RelatedStatement,
    related: ModelFacts,
    facts: RelatedSet,
    conditions: tuple[Condition, ...],
) -> bool:
    """Whether the reference, and what the application has added, is all that is compared.

    A manager of the project may leave some out, which an aggregate over a join would count.
    """
    is_joined = any("__" in condition.lookup for condition in conditions)
    if not is_joined and not {*statement.tables} <= {related.table, facts.table}:
        return False
    compared = Counter(statement.columns)
    compared.subtract((facts.table, column) for column in facts.columns)
    if any(count < 0 for count in compared.values()):
        return False
    others = Counter(column for _, column in compared.elements())
    return others == Counter(condition.column for condition in conditions)
