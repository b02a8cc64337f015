"""ORM602: a selective filter, an order or a join without an index.

https://docs.djangoproject.com/en/stable/ref/models/options/#indexes
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.planned import hints_of_indexes
from orm_insight.model.hint import Hint


class MissingIndex:
    """The plan reads far more rows than are wanted, and an index would find them."""

    code = "ORM602"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_of_indexes(self.code, context)
