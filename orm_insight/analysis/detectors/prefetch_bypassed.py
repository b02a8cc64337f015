"""ORM104: a relation is prefetched, and then asked for again.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, hint_of_narrowed
from orm_insight.model.hint import Hint


class PrefetchBypassed:
    """``.filter()`` and the like on a related manager whose objects have been prefetched."""

    code = "ORM104"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.narrowed:
            if group.load.was_prefetched:
                yield hint_of_narrowed(
                    self.code,
                    group,
                    context,
                    problem="was prefetched, and is asked for again",
                    reason="The prefetch does not serve that, and is wasted unless others read it",
                )
