"""ORM105: a relation is loaded along with the rows, and no row is ever asked for it.

Known only where the trace was recorded in depth.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-retrieve-things-you-don-t-need
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, saving_of, severity_of, sites_of
from orm_insight.analysis.uses import BuiltHere, unused_relations
from orm_insight.hints.catalogue import docs_of
from orm_insight.model.hint import Hint
from orm_insight.model.usage import EagerMethod, EagerRelation


class UnusedRelation:
    """``select_related`` or ``prefetch_related`` of what nobody reads."""

    code = "ORM105"

    def detect(self, context: Context) -> Iterable[Hint]:
        for built in context.built:
            unused = unused_relations(built)
            for relation in unused:
                kept = _kept(built, relation.method, unused)
                yield self._hint(built, relation, kept, context)

    def _hint(
        self,
        built: BuiltHere,
        relation: EagerRelation,
        kept: tuple[EagerRelation, ...],
        context: Context,
    ) -> Hint:
        source, method, lookup = built.source, relation.method, relation.lookup
        queries = tuple(context.queries[index] for index in _statements(built, relation))
        saving = saving_of(queries, remaining=0)
        loaded = "joined to every row" if method == "select_related" else "prefetched"
        only = f", only {relation.used}" if relation.used else ""
        happens = (
            f"{lookup} is {loaded}, but no row of this {source.model} queryset was asked for "
            f"it{only}."
        )
        return Hint(
            code=self.code,
            title=f"{source.model}: {lookup} is loaded and never used",
            happens=happens,
            message=f"{happens} {_advice(relation)}",
            severity=severity_of(self.code, saving, context),
            model=source.model,
            lookup=lookup,
            fix=_fix(built, method, kept),
            site=built.queries[0].site,
            sites=sites_of(built.queries),
            origin=source.site,
            queries=queries or built.queries,
            saving=saving,
            docs=docs_of(self.code),
        )


def _statements(built: BuiltHere, relation: EagerRelation) -> list[int]:
    return sorted(
        index
        for use in built.uses
        for other in use.relations
        if (other.method, other.lookup) == (relation.method, relation.lookup)
        for index in other.queries
    )


def _kept(
    built: BuiltHere, method: EagerMethod, unused: tuple[EagerRelation, ...]
) -> tuple[EagerRelation, ...]:
    """The relations of that method which were used at least in part, each lookup once."""
    nowhere = {relation.lookup for relation in unused if not relation.used}
    by_lookup = {
        relation.lookup: relation
        for use in built.uses
        for relation in use.relations
        if relation.method == method and relation.lookup not in nowhere
    }
    return tuple(by_lookup.values())


def _fix(built: BuiltHere, method: EagerMethod, kept: tuple[EagerRelation, ...]) -> str:
    """What takes it back where the queryset is built; without code where that takes more."""
    source = built.source
    if any(use.is_below for use in built.uses) or not all(relation.is_plain for relation in kept):
        return ""
    lookups = _without_beginnings([relation.used for relation in kept if relation.used])
    names = ", ".join(f'"{lookup}"' for lookup in lookups)
    is_list = source.owner is not None and source.owner.kind == "changelist"
    if is_list and method == "select_related":
        return f"list_select_related = [{names}]" if names else "list_select_related = False"
    if source.owner is not None:
        return ""
    return f"{method}(None)" + (f".{method}({names})" if names else "")


def _without_beginnings(lookups: list[str]) -> list[str]:
    """``author`` says nothing more beside ``author__country``."""
    distinct = dict.fromkeys(lookups)
    return [
        lookup
        for lookup in distinct
        if not any(other.startswith(f"{lookup}__") for other in distinct)
    ]


def _advice(relation: EagerRelation) -> str:
    if not relation.used:
        return f'Leave "{relation.lookup}" out of {relation.method}().'
    return f'{relation.method}("{relation.used}") is enough.'
