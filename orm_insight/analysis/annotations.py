"""The ``annotate()`` that makes a queryset bring along what its rows would ask one by one.

Aggregates are written over the relation. If a further join would give other results, because
the queryset joins or groups already, they are written as a subquery.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from orm_insight.analysis.related_queries import Summary, label_of
from orm_insight.model.fix import (
    TRUE,
    Call,
    Function,
    Keyword,
    Literal,
    Objects,
    naming,
    objects_of,
)
from orm_insight.model.schema import ModelFacts, RelatedSet, Schema
from orm_insight.model.trace import Query
from orm_insight.sql.related import (
    Aggregate,
    each_selected,
    is_ordered_by,
    simple_aggregate,
    takes_group_by,
)

# Rows that a join multiplies evenly leave these as they are.
_UNCHANGED_BY_REPETITION = {"AVG", "MIN", "MAX"}
_DISTINCT = Keyword("distinct", TRUE)
_Values: TypeAlias = dict[str | None, Function | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """The models on both sides of a relation that can be annotated."""

    lookup: str
    accessor: str
    owner: ModelFacts
    related: ModelFacts
    facts: RelatedSet
    conditions: tuple[Keyword, ...]
    joins: bool
    """An aggregate over the relation is right, and leaves the rows in their order."""

    @property
    def prefix(self) -> str:
        """The beginning of a name that is about these objects alone: ``rating_5_``."""
        return f"{label_of(self.conditions)}_" if self.conditions else ""

    @property
    def filter(self) -> tuple[Keyword, ...]:
        """An argument of the aggregate: ``filter=Q(reviews__rating=5)``."""
        asked = (replace(each, name=f"{self.lookup}__{each.name}") for each in self.conditions)
        return (Keyword("filter", Function("Q", (), tuple(asked))),) if self.conditions else ()


def count_annotation(summary: Summary, subject_of: Subjects) -> Call | None:
    """``annotate(review_count=Count("reviews", distinct=True))``"""
    subject = subject_of(summary)
    if subject is None:
        return None
    one, several = _singular(subject), subject.accessor
    names = (f"{subject.prefix}{one}_count", f"number_of_{subject.prefix}{several}")
    if subject.joins and subject.facts.is_unique:
        arguments, keywords = (Literal(subject.lookup),), (*subject.filter, _DISTINCT)
        value: Function | None = Function("Count", arguments, keywords, joins=subject.lookup)
    else:
        value = _subquery(subject, Function("Count", (Literal("pk"),)), is_number=True)
    return _annotation({_free(subject.owner, *names): value})


def exists_annotation(summary: Summary, subject_of: Subjects) -> Call | None:
    """``annotate(has_reviews=Exists(Review.objects.filter(book=OuterRef("pk"))))``"""
    subject = subject_of(summary)
    objects = _objects(subject) if subject else None
    if subject is None or objects is None:
        return None
    plural = subject.prefix + subject.accessor.removesuffix("_set")
    name = _free(subject.owner, f"has_{plural}", f"has_any_{plural}")
    return _annotation({name: Function("Exists", (objects,))})


def aggregate_annotation(summary: Summary, subject_of: Subjects) -> Call | None:
    """``annotate(rating_avg=Avg("reviews__rating"))``, for functions over one column each."""
    subject = subject_of(summary)
    if subject is None or summary.statement is None:
        return None
    is_alone = subject_of.is_only_relation(summary)
    values: _Values = {}
    for selected in each_selected(summary.statement.selected):
        found = simple_aggregate(selected)
        if found is None or found.table != subject.related.table:
            return None
        name, value = _aggregate(subject, found, is_alone=is_alone)
        if name in values:
            return None
        values[name] = value
    return _annotation(values)


def _aggregate(
    subject: _Subject, found: Aggregate, *, is_alone: bool
) -> tuple[str | None, Function | None]:
    """The name and the expression of one function over one column."""
    field = subject.related.columns.get(found.column)
    if field is None:
        return None, None
    function = found.function.capitalize()
    end = f"{field}_{found.function.lower()}"
    names = (f"{subject.prefix}{end}", f"{subject.prefix}{_singular(subject)}_{end}")
    name = _free(subject.owner, *(names if is_alone else names[1:]))
    distinct = (_DISTINCT,) if found.is_distinct else ()
    is_unchanged = found.is_distinct or found.function in _UNCHANGED_BY_REPETITION
    if subject.joins and (is_unchanged or is_alone):
        return name, Function(
            function,
            (Literal(f"{subject.lookup}__{field}"),),
            (*subject.filter, *distinct),
            joins=subject.lookup,
            is_multiplied=not is_unchanged,
        )
    aggregate = Function(function, (Literal(field),), distinct)
    return name, _subquery(subject, aggregate, is_number=function == "Count")


class Subjects:
    """Which of the summaries of a trace can be annotated, as far as the trace tells."""

    def __init__(
        self, summaries: Iterable[Summary], queries: Iterable[Query], schema: Schema
    ) -> None:
        self._schema = schema
        self._relations: dict[object, set[str]] = {}
        for summary in summaries:
            self._relations.setdefault(_origin(summary), set()).add(summary.relation.name)
        self._statements: dict[object, set[str]] = {origin: set() for origin in self._relations}
        for query in queries:
            built = query.construction
            if built is not None and built.load is None:
                statements = self._statements.get((built.model, built.site))
                if statements is not None:
                    statements.add(query.sql)

    def __call__(self, summary: Summary) -> _Subject | None:
        source, relation = summary.load.source, summary.relation
        owner = self._schema.models.get(source.model)
        related = self._schema.models.get(relation.related_model or "")
        is_of_rows = not summary.load.path and relation.model == source.model
        if summary.statement is None or not is_of_rows or source.is_raw:
            return None
        if summary.facts is None or owner is None or related is None:
            return None
        statements = self._statements[_origin(summary)]
        return _Subject(
            lookup=relation.query_name,
            accessor=relation.name,
            owner=owner,
            related=related,
            facts=summary.facts,
            conditions=summary.conditions,
            joins=bool(statements)
            and all(map(takes_group_by, statements))
            and not any(is_ordered_by(sql, owner.ordering) for sql in statements),
        )

    def is_only_relation(self, summary: Summary) -> bool:
        """Return whether no other relation of the same rows is asked, which would also join."""
        return len(self._relations[_origin(summary)]) == 1


def _origin(summary: Summary) -> object:
    return (summary.load.source.model, summary.load.source.site)


def _annotation(values: _Values) -> Call | None:
    """All of the values, each with a name; ``None`` if one of them cannot be told."""
    named = [Keyword(name, value) for name, value in values.items() if name and value]
    return Call("annotate", keywords=tuple(named)) if len(named) == len(values) else None


def _free(model: ModelFacts, *names: str) -> str | None:
    """The first name that the model does not use for something else."""
    return next((name for name in names if name not in model.names), None)


def _objects(subject: _Subject) -> Objects | None:
    """The related objects of the row outside, ``Review.objects.filter(book=OuterRef("pk"))``."""
    facts, related = subject.facts, subject.related
    if facts.lookup is None:
        return None
    of_row = Keyword(facts.lookup, Function("OuterRef", (Literal(facts.key),)))
    asked = Call("filter", keywords=(of_row, *subject.conditions))
    return objects_of(related.name, related.manager, asked)


def _subquery(subject: _Subject, aggregate: Function, *, is_number: bool) -> Function | None:
    """The aggregate of a subquery; of a number it is 0 where there are no objects."""
    objects, back = _objects(subject), subject.facts.lookup
    name = _free(subject.related, "value", "result", "outcome")
    if objects is None or name is None or back is None:
        return None
    calls = (
        Call("order_by"),
        naming("values", back),
        Call("annotate", keywords=(Keyword(name, aggregate),)),
        naming("values", name),
    )
    subquery = Function("Subquery", (replace(objects, calls=(*objects.calls, *calls)),))
    return Function("Coalesce", (subquery, Literal(0))) if is_number else subquery


def _singular(subject: _Subject) -> str:
    """One of the related objects: ``review`` for ``reviews``, ``chapter`` for ``chapter_set``."""
    name = subject.accessor.removesuffix("_set")
    model = subject.related.name.lower()
    if name.replace("_", "").endswith(model):
        return name
    forms = [name[:-1], name[:-2], f"{name[:-3]}y"] if name.endswith("s") else []
    for form in forms:
        if form.replace("_", "").endswith(model):
            return form
    return name[:-1] if forms and not name.endswith(("ss", "ies")) else name
