"""ORM306: the database reads many rows only to skip them, as OFFSET makes it do.

https://docs.djangoproject.com/en/stable/topics/db/queries/#limiting-querysets
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from orm_insight.analysis.detectors.base import Context, hint_of_loop
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.trace import Query

_OFFSET = re.compile(r"\bOFFSET (\d+)\s*$")
_DEEP = 1_000


class DeepOffset:
    """A slice, or a page of a Paginator, that begins far from the first row."""

    code = "ORM306"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.groups:
            deep = tuple(query for query in group.queries if _skipped(query) >= _DEEP)
            if deep:
                yield self._hint(deep, context)

    def _hint(self, queries: tuple[Query, ...], context: Context) -> Hint:
        skipped = max(map(_skipped, queries))
        hint = hint_of_loop(
            self.code,
            queries,
            context,
            title=f"{skipped:,} rows are read to be skipped",
            happens=(
                f"OFFSET makes the database read {skipped:,} rows and throw them away before the "
                "first that is wanted."
            ),
            advice=(
                "Begin after the last row of the page before: filter by the "
                "columns of order_by(), for instance .filter(pk__gt=last_pk).order_by('pk')[:20]."
            ),
            certain=True,
        )
        return replace(hint, saving=Saving(0, sum(query.duration_ms for query in queries)))


def _skipped(query: Query) -> int:
    found = _OFFSET.search(query.sql)
    return int(found[1]) if found and query.construction is not None else 0
