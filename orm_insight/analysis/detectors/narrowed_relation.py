"""ORM103: related objects are asked for one by one in a way that a prefetch does not serve.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-objects
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, hint_of_narrowed
from orm_insight.model.hint import Hint


class NarrowedRelation:
    """``.filter()``, ``.order_by()``, ``.first()`` and the like on a related manager, per row."""

    code = "ORM103"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.narrowed:
            if not group.load.was_prefetched:
                yield hint_of_narrowed(
                    self.code,
                    group,
                    context,
                    problem="is asked for",
                    reason="A prefetch of all its objects does not serve that",
                )
