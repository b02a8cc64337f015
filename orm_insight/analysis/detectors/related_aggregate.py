"""ORM203: the related objects of each row are aggregated one by one.

https://docs.djangoproject.com/en/stable/topics/db/aggregation/#joins-and-aggregates
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.annotations import aggregate_annotation
from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.related import hint_of_summary
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.model.hint import Hint


class RelatedAggregate:
    """``related.aggregate(...)`` per row: the queryset of the rows can aggregate for all."""

    code = "ORM203"

    def detect(self, context: Context) -> Iterable[Hint]:
        for summary in context.summaries:
            if summary.origin is QueryOrigin.AGGREGATE:
                lookup = summary.relation.query_name
                yield hint_of_summary(
                    self.code,
                    summary,
                    context,
                    asked="aggregate(...)",
                    annotation=aggregate_annotation(summary, context.subjects),
                    otherwise=f'the same aggregate over "{lookup}__..."',
                )
