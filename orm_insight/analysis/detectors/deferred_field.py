"""ORM106: a column left out by ``only()`` or ``defer()`` is loaded one by one after all.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.deferral import code_to_load, is_key_of_any
from orm_insight.analysis.detectors.base import Context, hint_of_load
from orm_insight.analysis.fetch_modes import advice_on_peers
from orm_insight.model.hint import Hint


class DeferredField:
    """Each access to a deferred field is a statement of its own."""

    code = "ORM106"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.loads:
            is_wanted = group.relation.kind == "deferred"
            if is_wanted and not is_key_of_any(group, context.loads):
                fix, advice = code_to_load(group.load.source, group.select_lookup)
                yield hint_of_load(
                    self.code,
                    group,
                    context,
                    lookup=group.select_lookup,
                    fix=fix,
                    remaining=0,
                    problem="was left out of the query and is loaded",
                    advice=f"{advice.removesuffix('.')}{advice_on_peers(group, context.schema)}.",
                )
