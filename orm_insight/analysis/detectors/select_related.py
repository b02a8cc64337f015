"""ORM101: a related object is loaded one by one for the rows of one result.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orm_insight.analysis.deferral import code_to_load, deferred_key
from orm_insight.analysis.detectors.base import Context, hint_of_load
from orm_insight.analysis.fetch_modes import advice_on_peers
from orm_insight.analysis.loads import LoadGroup
from orm_insight.analysis.owners import names_to_select
from orm_insight.model.hint import Hint


class SelectRelated:
    """A forward foreign key or one-to-one, or a reverse one-to-one: a join brings it along."""

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
        quoted = ", ".join(f'"{name}"' for name in names)
        fix = f"{method}({quoted})"
        model = group.load.source.model.rpartition(".")[2]
        advice = (
            f"{method}() loads {lookup} in the same statement as the {model} objects"
            if takes_join
            else f"{method}() loads {lookup} for all {model} objects at once"
        )
        advice += advice_on_peers(group, context.schema)
        key = deferred_key(group, context.loads)
        if key is not None:
            fix = f"{code_to_load(group.load.source, group.steps[0].name)[0]}.{fix}"
            advice += f", and {group.steps[0].name} must not be deferred"
            queries = sorted((*group.queries, *key.queries), key=lambda query: query.index)
            group = replace(group, queries=tuple(queries))
        return hint_of_load(
            self.code,
            group,
            context,
            lookup=lookup,
            fix=fix,
            remaining=0 if takes_join else group.prefetch_statements,
            problem="is loaded",
            advice=f"{advice}.",
        )


def _takes_join(group: LoadGroup) -> bool:
    return not (group.leads_through_many or group.load.source.is_raw)


def _beside(group: LoadGroup, context: Context) -> Iterable[str]:
    """What else, and what itself, the rows of the same queryset would need joined."""
    source = group.load.source
    for other in context.loads:
        theirs = other.load.source
        is_beside = (theirs.site, theirs.model) == (source.site, source.model)
        if is_beside and other.relation.kind in ("forward", "reverse_one") and _takes_join(other):
            yield other.select_lookup
