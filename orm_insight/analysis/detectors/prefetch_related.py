"""ORM102: a set of related objects, or a generic relation, is loaded one by one.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, hint_of_load
from orm_insight.analysis.fetch_modes import advice_on_peers
from orm_insight.model.hint import Hint


class PrefetchRelated:
    """Reverse foreign key, many-to-many, generic relation: read in a way that a prefetch serves."""

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
                    fix=f'prefetch_related("{lookup}")',
                    remaining=group.prefetch_statements,
                    problem="is loaded",
                    advice=(
                        f"prefetch_related() loads {lookup} for all {model} objects at once{peers}."
                    ),
                )
