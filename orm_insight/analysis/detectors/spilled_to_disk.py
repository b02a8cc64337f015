"""ORM604: rows that are sorted, joined or grouped do not fit into memory.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#use-standard-db-optimization-techniques
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.planned import hints_of_findings, hints_of_indexes
from orm_insight.model.hint import Hint


class SpilledToDisk:
    """A large sort that an index makes unnecessary, or a step that went to temporary files."""

    code = "ORM604"

    def detect(self, context: Context) -> Iterable[Hint]:
        yield from hints_of_indexes(self.code, context)
        yield from hints_of_findings(self.code, context)
