"""ORM201: the related objects of each row are counted one by one.

https://docs.djangoproject.com/en/stable/topics/db/aggregation/#generating-aggregates-for-each-item-in-a-queryset
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.annotations import count_annotation
from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.related import hint_of_summary
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.model.hint import Hint


class RelatedCount:
    """``related.count()`` per row: the queryset of the rows can count them all."""

    code = "ORM201"

    def detect(self, context: Context) -> Iterable[Hint]:
        for summary in context.summaries:
            if summary.origin is QueryOrigin.COUNT:
                lookup = summary.relation.query_name
                yield hint_of_summary(
                    self.code,
                    summary,
                    context,
                    asked="count()",
                    annotation=count_annotation(summary, context.subjects),
                    otherwise=f'Count("{lookup}", filter=Q(...), distinct=True)',
                )
