"""Questions about the related objects of each row that do not load them.

``count()``, ``exists()`` and ``aggregate()`` on a relation to several objects: the queryset that
loads the rows can bring the answers along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from orm_insight.analysis.lazy_loads import LoadGroup
from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.fix import Call, Keyword, Literal, Objects, Reading, naming, objects_of
from orm_insight.model.frames import CallSite
from orm_insight.model.provenance import Condition, Narrowing, Relation, RelationLoad
from orm_insight.model.schema import ModelFacts, RelatedSet, Schema
from orm_insight.model.trace import Query
from orm_insight.sql.placeholders import columns_of_placeholders
from orm_insight.sql.related import RelatedStatement, narrowed_statement, related_statement

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
    conditions: tuple[Keyword, ...] = ()

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
                    # Another line may ask for other narrowed objects with the same statement.
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
) -> tuple[RelatedStatement | None, tuple[Keyword, ...]]:
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
    return statement, conditions


def _is_filtered(narrowing: Narrowing, query: Query) -> bool:
    """Return whether the objects were filtered and nothing else: no slice, no distinct()."""
    is_whole = narrowing.high is None or origin_of(query) is QueryOrigin.EXISTS
    is_plain = not narrowing.low and not narrowing.is_distinct and is_whole
    return narrowing.is_readable and is_plain and bool(narrowing.conditions)


def _says_all(
    statement: RelatedStatement,
    related: ModelFacts,
    facts: RelatedSet,
    conditions: tuple[Condition, ...],
) -> bool:
    """Return whether nothing but the reference and the application's conditions is compared.

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


# -- rows that ask about related objects and load them anyway -------------------------------------

_QUESTIONS = {QueryOrigin.COUNT, QueryOrigin.EXISTS}
_WHERE = re.compile(r" WHERE (.*?)(?: ORDER BY .*| LIMIT 1)?$", re.DOTALL)


def join_questions(
    groups: tuple[LoadGroup, ...], summaries: tuple[Summary, ...]
) -> tuple[tuple[LoadGroup, ...], tuple[Summary, ...]]:
    """Report one problem once: loading the objects also answers the question about them.

    Gives the groups with their questions, and the summaries that remain.
    """
    joined = list(groups)
    remaining: list[Summary] = []
    for summary in summaries:
        place = next((i for i, g in enumerate(joined) if _is_asked_before(summary, g)), None)
        if place is None:
            remaining.append(summary)
        else:
            asked = (*joined[place].questions, *summary.queries)
            joined[place] = replace(joined[place], questions=asked)
    return tuple(joined), tuple(remaining)


def _is_asked_before(summary: Summary, group: LoadGroup) -> bool:
    """Return whether each row that loads the objects has asked about the same ones."""
    load = summary.load
    if summary.origin not in _QUESTIONS or group.steps != (*load.path, load.relation):
        return False
    if (load.source.model, load.source.site) != (group.load.source.model, group.load.source.site):
        return False
    length = len(group.queries[0].params or ())
    return set(_asked(group.queries, length)) <= set(_asked(summary.queries, length))


def _asked(queries: Iterable[Query], length: int) -> Iterable[Any]:
    """Yield the row, the conditions and their values (the last parameters) of each statement."""
    wheres: dict[str, str | None] = {}
    for query in queries:
        if query.sql not in wheres:
            found = _WHERE.search(query.sql)
            wheres[query.sql] = found[1] if found else None
        params = query.params
        values = repr(params[-length:]) if length and isinstance(params, tuple) else None
        yield query.parent, wheres[query.sql], values


# -- conditions of narrowed related managers, as code ---------------------------------------------

_LITERALS = (str, int, float, Decimal, date, datetime)
_LONGEST_LABEL = 24
# The rows of many results ask with the same statement.
_columns_of = lru_cache(maxsize=128)(columns_of_placeholders)


def conditions_code(
    conditions: tuple[Condition, ...], queries: tuple[Query, ...]
) -> tuple[Keyword, ...] | None:
    """``rating__gte=4`` for each; ``None`` where a value varies by row or is not known."""
    columns = _columns_of(queries[0].sql)
    rows = [query.params for query in queries]
    if not all(isinstance(row, tuple) and len(row) == len(columns) for row in rows):
        return None if conditions else ()
    # The manager's own conditions come first in the statement.
    left = len(columns)
    found: list[Keyword] = []
    for condition in reversed(conditions):
        if condition.literal is not None:
            found.insert(0, Keyword(condition.lookup, Literal(condition.literal)))
            continue
        positions = [i for i in range(left) if columns[i] == condition.column][-condition.count :]
        values = [_common(rows, i) for i in positions]
        if len(values) != condition.count or not condition.count or None in values:
            return None
        left = positions[0]
        written = tuple(_as_written(condition.lookup, value) for value in values)
        if None in written:
            return None
        value = written if condition.is_list or len(written) > 1 else written[0]
        # A value that the ORM writes into the statement itself is none of the application.
        literal = Literal(value, is_recorded=not isinstance(value, bool))
        found.insert(0, Keyword(condition.lookup, literal))
    return tuple(found)


def _common(rows: list[Any], position: int) -> Any:
    """The value that all rows have there, if it can be written as a literal."""
    value = rows[0][position]
    if not isinstance(value, _LITERALS) or any(row[position] != value for row in rows):
        return None
    return value


def _as_written(lookup: str, value: Any) -> Any:
    """The value that the application wrote, without the wildcards that the ORM adds."""
    if not isinstance(value, str):
        # psycopg's Int4 and its like are written as what they are.
        return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
    kind = lookup.rpartition("__")[2]
    if kind.endswith(("contains", "startswith", "endswith", "iexact")):
        if "\\" in value:
            return None
        if kind.endswith(("contains", "endswith")):
            value = value[1:]
        if kind.endswith(("contains", "startswith")):
            value = value[:-1]
    return value


def label_of(conditions: tuple[Keyword, ...]) -> str:
    """A part of a name that tells these objects from the others: ``rating_5``, ``matching``."""
    label = re.sub(r"\W|__", "_", conditions[0].code).replace('"', "").strip("_").lower()
    label = re.sub(r"_+", "_", label)
    is_short = len(conditions) == 1 and len(label) <= _LONGEST_LABEL and label.isascii()
    return label if is_short else "matching"


# -- related objects that only a Prefetch with a queryset serves ----------------------------------

_READS = {
    QueryOrigin.RELATED_SET,
    QueryOrigin.ITERATION,
    QueryOrigin.LENGTH,
    QueryOrigin.TRUTH,
    QueryOrigin.FIRST,
    QueryOrigin.GET,
    QueryOrigin.ITERATOR,
    QueryOrigin.IN_BULK,
}
# These ask the database also where nothing was narrowed.
_ALWAYS_ASK = {QueryOrigin.ITERATOR, QueryOrigin.IN_BULK}
# The ORM limits these itself.
_SINGLE = {QueryOrigin.FIRST, QueryOrigin.GET}

_EVERYTHING = Narrowing()


def group_narrowed(queries: Iterable[Query], repeats: int) -> tuple[LoadGroup, ...]:
    """The same request to a related manager, from the same line, by distinct rows of a result."""
    # Stacks and constructions are shared within a trace: what they say is found out once.
    keys: dict[tuple[int, int], Any] = {}
    by_result: dict[Any, list[Query]] = {}
    for query in queries:
        shared = (id(query.frames), id(query.construction))
        if shared not in keys:
            keys[shared] = _key_of(query)
        if (key := keys[shared]) is not None:
            by_result.setdefault(key, []).append(query)
    merged: dict[Any, LoadGroup] = {}
    for (_, *asked_for), found in by_result.items():
        if len({query.parent for query in found}) < repeats:
            continue
        load = found[0].construction.load  # type: ignore[union-attr]  # it was looked at above
        assert load is not None
        same = (load.source.model, load.source.site, *asked_for)
        known = merged.get(same)
        if known is None:
            steps = (*load.path, load.relation)
            merged[same] = LoadGroup(load=load, steps=steps, queries=tuple(found), results=1)
        else:
            both = (*known.queries, *found)
            merged[same] = replace(known, queries=both, results=known.results + 1)
    return tuple(merged.values())


def _key_of(query: Query) -> tuple[Any, ...] | None:
    """Equal for what is asked together; ``None`` for what a prefetch serves."""
    load = query.construction.load if query.construction else None
    if load is None or load.relation.kind != "many":
        return None
    asked = origin_of(query)
    if asked in _ALWAYS_ASK or (load.narrowing is not None and asked in _READS):
        return (load.source.number, (*load.path, load.relation), load.narrowing, query.site)
    return None


def queryset_asked(group: LoadGroup, schema: Schema) -> Objects | None:
    """The queryset that was asked for, ``Review.objects.filter(rating=5)``.

    ``None`` where it cannot be told, or differs from row to row.
    """
    narrowing = group.load.narrowing or _EVERYTHING
    model = group.relation.related_model
    if not narrowing.is_readable or model is None:
        return None
    conditions = conditions_code(narrowing.conditions, group.queries)
    if conditions is None:
        return None
    facts = schema.models.get(model)
    calls = (
        Call("filter", keywords=conditions) if conditions else None,
        naming("order_by", *narrowing.order_by) if narrowing.order_by else None,
        naming("select_related", *narrowing.selected) if narrowing.selected else None,
        Call("distinct") if narrowing.is_distinct else None,
    )
    return objects_of(
        model,
        facts.manager if facts else "objects",
        *(tuple(filter(None, calls)) or (Call("all"),)),  # a manager takes no slice
        window=_slice_code(narrowing, origin_of(group.queries[0])),
    )


def attribute_for(group: LoadGroup) -> str:
    """A name under which ``Prefetch`` keeps the objects, that says what they are."""
    narrowing = group.load.narrowing or _EVERYTHING
    name = group.relation.name
    if name.endswith("_set"):
        name = f"{name.removesuffix('_set')}s"
    if narrowing.conditions:
        return f"matching_{name}"
    if narrowing.high is not None:
        return f"first_{name}"
    return f"ordered_{name}" if narrowing.order_by else f"all_{name}"


def reading(group: LoadGroup, attribute: str) -> Reading:
    """The expression to read from the row instead; the row is called as its model."""
    asked = origin_of(group.queries[0])
    begin, end = taking({QueryOrigin.FIRST: "first", QueryOrigin.GET: "get"}.get(asked, ""))
    row = group.relation.model.rpartition(".")[2].lower()
    return Reading(attribute=attribute, row=row, begin=begin, end=end)


def taking(method: str) -> tuple[str, str]:
    """The code around the list of a ``Prefetch`` that gives the object which a method gave."""
    if method.removeprefix("a") in ("first", "last", "earliest", "latest"):
        return "next(iter(", "), None)"
    return "", "[0]" if method in ("get", "aget") else ""


def asks_for_everything(group: LoadGroup) -> bool:
    """Return whether all objects were asked for, in no order, as a plain prefetch does."""
    narrowing = group.load.narrowing or _EVERYTHING
    return narrowing == _EVERYTHING


def _slice_code(narrowing: Narrowing, asked: QueryOrigin) -> str:
    if asked in _SINGLE:
        return "[:1]" if asked is QueryOrigin.FIRST else ""
    if narrowing.high is None and not narrowing.low:
        return ""
    return f"[{narrowing.low or ''}:{'' if narrowing.high is None else narrowing.high}]"
