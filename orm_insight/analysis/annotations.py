"""The ``annotate()`` that makes a queryset bring along what its rows would ask one by one.

Aggregates are written over the relation. Where a further join would give other results, because
the queryset joins or groups already, they are written as a subquery.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orm_insight.analysis.related_queries import Summary, label_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """``names`` are the attributes that the rows get, ``code`` the call that gives them."""

    names: tuple[str, ...]
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """The models on both sides of a relation that can be annotated."""

    lookup: str
    accessor: str
    owner: ModelFacts
    related: ModelFacts
    facts: RelatedSet
    conditions: tuple[str, ...]
    joins: bool
    """Whether an aggregate over the relation is right, and leaves the rows in their order."""

    @property
    def prefix(self) -> str:
        """What begins a name that is about these objects alone: ``rating_5_``."""
        return f"{label_of(self.conditions)}_" if self.conditions else ""

    @property
    def filter(self) -> str:
        """An argument of the aggregate: ``, filter=Q(reviews__rating=5)``."""
        asked = ", ".join(f"{self.lookup}__{condition}" for condition in self.conditions)
        return f", filter=Q({asked})" if asked else ""


def count_annotation(summary: Summary, subject_of: Subjects) -> Annotation | None:
    """``annotate(review_count=Count("reviews", distinct=True))``"""
    subject = subject_of(summary)
    if subject is None:
        return None
    one, several = _singular(subject), subject.accessor
    names = (f"{subject.prefix}{one}_count", f"number_of_{subject.prefix}{several}")
    if subject.joins and subject.facts.is_unique:
        value: str | None = f'Count("{subject.lookup}"{subject.filter}, distinct=True)'
    else:
        value = _subquery(subject, 'Count("pk")', default="0")
    return _annotation({_free(subject.owner, *names): value})


def exists_annotation(summary: Summary, subject_of: Subjects) -> Annotation | None:
    """``annotate(has_reviews=Exists(Review.objects.filter(book=OuterRef("pk"))))``"""
    subject = subject_of(summary)
    objects = _objects(subject) if subject else None
    if subject is None or objects is None:
        return None
    plural = subject.prefix + subject.accessor.removesuffix("_set")
    name = _free(subject.owner, f"has_{plural}", f"has_any_{plural}")
    return _annotation({name: f"Exists({objects})"})


def aggregate_annotation(summary: Summary, subject_of: Subjects) -> Annotation | None:
    """``annotate(rating_avg=Avg("reviews__rating"))``, for functions over one column each."""
    subject = subject_of(summary)
    if subject is None or summary.statement is None:
        return None
    is_alone = subject_of.is_only_relation(summary)
    values: dict[str | None, str | None] = {}
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
) -> tuple[str | None, str | None]:
    """The name and the expression of one function over one column."""
    field = subject.related.columns.get(found.column)
    if field is None:
        return None, None
    function = found.function.capitalize()
    end = f"{field}_{found.function.lower()}"
    names = (f"{subject.prefix}{end}", f"{subject.prefix}{_singular(subject)}_{end}")
    name = _free(subject.owner, *(names if is_alone else names[1:]))
    distinct = ", distinct=True" if found.is_distinct else ""
    is_unchanged = found.is_distinct or found.function in _UNCHANGED_BY_REPETITION
    if subject.joins and (is_unchanged or is_alone):
        return name, f'{function}("{subject.lookup}__{field}"{subject.filter}{distinct})'
    default = "0" if function == "Count" else None
    return name, _subquery(subject, f'{function}("{field}"{distinct})', default)


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
        """Whether no other relation of the same rows is asked, which would join as well."""
        return len(self._relations[_origin(summary)]) == 1


def _origin(summary: Summary) -> object:
    return (summary.load.source.model, summary.load.source.site)


def _annotation(values: Mapping[str | None, str | None]) -> Annotation | None:
    """All of the values, each with a name; ``None`` if one of them cannot be told."""
    if None in values or None in values.values():
        return None
    code = ", ".join(f"{name}={value}" for name, value in values.items())
    return Annotation(names=tuple(filter(None, values)), code=f"annotate({code})")


def _free(model: ModelFacts, *names: str) -> str | None:
    """The first name that the model does not use for something else."""
    return next((name for name in names if name not in model.names), None)


def _objects(subject: _Subject) -> str | None:
    """The related objects of the row outside, ``Review.objects.filter(book=OuterRef("pk"))``."""
    facts, related = subject.facts, subject.related
    if facts.lookup is None:
        return None
    conditions = ", ".join((f'{facts.lookup}=OuterRef("{facts.key}")', *subject.conditions))
    return f"{related.name}.{related.manager}.filter({conditions})"


def _subquery(subject: _Subject, aggregate: str, default: str | None = None) -> str | None:
    objects = _objects(subject)
    name = _free(subject.related, "value", "result", "outcome")
    if objects is None or name is None:
        return None
    back = subject.facts.lookup
    grouped = f'{objects}.order_by().values("{back}").annotate({name}={aggregate})'
    subquery = f'Subquery({grouped}.values("{name}"))'
    return subquery if default is None else f"Coalesce({subquery}, {default})"


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
