"""ORM606: a function of a column is compared, which no index of the column serves.

https://docs.djangoproject.com/en/stable/ref/models/indexes/#expressions
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.planned import hints_of_indexes
from orm_insight.model.hint import Hint


class FunctionOnColumn:
    """iexact, transforms and keys of JSON, for which an index on the expression serves."""

    code = "ORM606"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_of_indexes(self.code, context)
