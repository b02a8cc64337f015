"""ORM303: a queryset is evaluated for its ``len()``, and its rows are never used.

Known only where the trace was recorded in depth.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#count
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.in_vain import hints_in_vain
from orm_insight.model.hint import Hint


class LengthOfRows:
    """``len(queryset)`` where ``queryset.count()`` would do."""

    code = "ORM303"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_in_vain(self.code, "count", context, counted=True, asked="only to be counted")
