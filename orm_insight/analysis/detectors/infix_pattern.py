"""ORM603: LIKE with a pattern that begins with a wildcard.

https://docs.djangoproject.com/en/stable/ref/contrib/postgres/indexes/#ginindex
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.planned import hints_of_indexes
from orm_insight.model.hint import Hint


class InfixPattern:
    """contains and icontains, for which a trigram index finds the rows."""

    code = "ORM603"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_of_indexes(self.code, context)
