"""ORM304: a queryset is evaluated to see whether it has rows, and these are never used.

Known only where the trace was recorded in depth.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#exists
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.in_vain import hints_in_vain
from orm_insight.model.hint import Hint


class TruthOfRows:
    """``if queryset:`` where ``if queryset.exists():`` would do."""

    code = "ORM304"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_in_vain(
            self.code, "exists", context, counted=False, asked="only to see if there are any"
        )
