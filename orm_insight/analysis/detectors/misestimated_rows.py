"""ORM605: the planner expected ten times more or fewer rows.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#explain
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context
from orm_insight.analysis.detectors.planned import hints_of_findings
from orm_insight.model.hint import Hint


class MisestimatedRows:
    """A wrong estimate, and the steps that were chosen for it."""

    code = "ORM605"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_of_findings(self.code, context)
