"""ORM202: each row asks by itself whether it has related objects.

https://docs.djangoproject.com/en/stable/ref/models/expressions/#exists-subqueries
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.annotations import exists_annotation
from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.related import hint_of_summary
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.model.hint import Hint


class RelatedExists:
    """``related.exists()`` per row: the queryset of the rows can tell it for all."""

    code = "ORM202"

    def detect(self, context: Context) -> Iterable[Hint]:
        for summary in context.summaries:
            if summary.origin is QueryOrigin.EXISTS:
                related = (summary.relation.related_model or "").rpartition(".")[2]
                yield hint_of_summary(
                    self.code,
                    summary,
                    context,
                    asked="exists()",
                    annotation=exists_annotation(summary, context.subjects),
                    otherwise=f"Exists({related}.objects.filter(...))",
                )
