"""Relations that are loaded once per row: ORM101 to ORM104, and ORM106 for deferred fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orm_insight.analysis.lazy_loads import (
    LoadGroup,
    advice_on_peers,
    calls_to_load,
    deferred_key,
    is_key_of_any,
)
from orm_insight.hints.base import Context, hint_of_load, hint_of_narrowed
from orm_insight.hints.owners import names_to_select
from orm_insight.model.fix import Call, naming
from orm_insight.model.hint import Hint


class SelectRelated:
    """ORM101: a related object is loaded one by one for the rows of one result.

    A forward foreign key or one-to-one, or a reverse one-to-one: a join brings it along.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
    """

    code = "ORM101"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.loads:
            if group.relation.kind in ("forward", "reverse_one"):
                yield self._hint(group, context)

    def _hint(self, group: LoadGroup, context: Context) -> Hint:
        # Below a set of objects there is nothing to join to, and raw SQL takes no select_related().
        takes_join = _takes_join(group)
        method = "select_related" if takes_join else "prefetch_related"
        lookup = group.select_lookup if takes_join else group.prefetch_lookup
        names: tuple[str, ...] = (lookup,)
        if takes_join:
            names = names_to_select(group.load.source, lookup, group.queries[-1])
            if group.load.source.owner is not None:  # one assignment for all that the rows need
                before = (name for name in names if name != lookup)
                names = tuple(dict.fromkeys((*before, *_beside(group, context))))
        calls: tuple[Call, ...] = (naming(method, *names),)
        model = group.load.source.model.rpartition(".")[2]
        advice = (
            f"{method}() loads {lookup} in the same statement as the {model} objects"
            if takes_join
            else f"{method}() loads {lookup} for all {model} objects at once"
        )
        advice += advice_on_peers(group, context.schema)
        key = deferred_key(group, context.loads)
        if key is not None:
            calls = (*calls_to_load(group.load.source, group.steps[0].name)[0], *calls)
            advice += f", and {group.steps[0].name} must not be deferred"
            queries = sorted((*group.queries, *key.queries), key=lambda query: query.index)
            group = replace(group, queries=tuple(queries))
        return hint_of_load(
            self.code,
            group,
            context,
            lookup=lookup,
            calls=calls,
            remaining=0 if takes_join else group.prefetch_statements,
            problem="is loaded",
            advice=f"{advice}.",
        )


def _takes_join(group: LoadGroup) -> bool:
    return not (group.leads_through_many or group.load.source.is_raw)


def _beside(group: LoadGroup, context: Context) -> Iterable[str]:
    """The lookups that rows of the same queryset need joined, that of ``group`` included."""
    source = group.load.source
    for other in context.loads:
        theirs = other.load.source
        is_beside = (theirs.site, theirs.model) == (source.site, source.model)
        if is_beside and other.relation.kind in ("forward", "reverse_one") and _takes_join(other):
            yield other.select_lookup


class DeferredField:
    """ORM106: a column left out by ``only()`` or ``defer()`` is loaded one by one after all.

    Each access to a deferred field is a statement of its own.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
    """

    code = "ORM106"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.loads:
            is_wanted = group.relation.kind == "deferred"
            if is_wanted and not is_key_of_any(group, context.loads):
                calls, advice = calls_to_load(group.load.source, group.select_lookup)
                yield hint_of_load(
                    self.code,
                    group,
                    context,
                    lookup=group.select_lookup,
                    calls=calls,
                    remaining=0,
                    problem="is deferred by the queryset, and is loaded",
                    advice=f"{advice.removesuffix('.')}{advice_on_peers(group, context.schema)}.",
                )


class NarrowedRelation:
    """ORM103: related objects are asked for one by one in a way that a prefetch does not serve.

    ``.filter()``, ``.order_by()``, ``.first()`` and the like on a related manager, per row.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-objects
    """

    code = "ORM103"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.narrowed:
            if not group.load.was_prefetched:
                yield hint_of_narrowed(
                    self.code,
                    group,
                    context,
                    problem="is queried",
                    reason="A prefetch of all its objects does not help here",
                )


class PrefetchBypassed:
    """ORM104: a relation is prefetched, and then asked for again.

    ``.filter()`` and the like on a related manager whose objects have been prefetched.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
    """

    code = "ORM104"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.narrowed:
            if group.load.was_prefetched:
                yield hint_of_narrowed(
                    self.code,
                    group,
                    context,
                    problem="was prefetched, and is queried again",
                    reason="This query does not use the prefetched objects, so the prefetch is "
                    "wasted unless other code reads it",
                )


class PrefetchRelated:
    """ORM102: a set of related objects, or a generic relation, is loaded one by one.

    Reverse foreign key, many-to-many, generic relation: read in a way that a prefetch serves.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
    """

    code = "ORM102"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.loads:
            if group.relation.kind in ("many", "generic_one"):
                lookup = group.prefetch_lookup
                model = group.load.source.model.rpartition(".")[2]
                peers = advice_on_peers(group, context.schema)
                yield hint_of_load(
                    self.code,
                    group,
                    context,
                    lookup=lookup,
                    calls=(naming("prefetch_related", lookup),),
                    remaining=group.prefetch_statements,
                    problem="is loaded",
                    advice=(
                        f"prefetch_related() loads {lookup} for all {model} objects at once{peers}."
                    ),
                )
