"""ORM601: a single statement takes long.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#profile-first
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, severity_of, sites_of, times
from orm_insight.analysis.groups import QueryGroup
from orm_insight.analysis.side_by_side import SideBySide, find_side_by_side
from orm_insight.hints.catalogue import RULES, docs_of
from orm_insight.model.advice import Evidence
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.trace import Query


class SlowStatement:
    """Its plan tells why; until somebody has asked for that, only that it is slow is known.

    Where it joins several sets side by side, the statement itself tells why.
    """

    code = "ORM601"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.groups:
            slow = tuple(q for q in group.queries if q.duration_ms >= context.thresholds.slow_ms)
            if not slow:
                continue
            cause = find_side_by_side(str(slow[0].sql), context.schema)
            if cause is not None or not _is_explained(slow, context):
                yield self._hint(group, slow, context, cause)

    def _hint(
        self,
        group: QueryGroup,
        slow: tuple[Query, ...],
        context: Context,
        cause: SideBySide | None,
    ) -> Hint:
        slowest = max(slow, key=lambda query: query.duration_ms)
        saving = Saving(0, sum(query.duration_ms for query in slow))
        model = slowest.construction.model if slowest.construction else None
        happens = (
            f"It was executed {times(group.count)}, and took {slowest.duration_ms:,.0f} ms in "
            "the slowest case."
        )
        return Hint(
            code=self.code,
            title=f"{model}: slow statement" if model else "Slow statement",
            happens=happens,
            message=f"{happens} {_why(context.evidence.get(slowest.index), cause)}",
            severity=severity_of(self.code, saving, context),
            model=model,
            lookup=", ".join(cause.names) if cause is not None else None,
            site=slowest.site or slowest.origin,
            sites=sites_of(slow),
            origin=slowest.origin or slowest.site,
            queries=slow,
            saving=saving,
            certain=False,
            docs=docs_of(self.code),
        )


def _why(evidence: Evidence | None, cause: SideBySide | None) -> str:
    if cause is not None:  # what a plan says of so many rows is about their number, not the cause
        return f"{cause.cause} {cause.advice}"
    if evidence is None:
        return "Its plan tells why: ask for it with Explain analyze."
    found = next(iter(evidence.plan.findings), None)
    if found is None:
        return "Nothing in its plan stands out: it is the number of rows, or the server was busy."
    return f"{found.message} {found.advice}"


def _is_explained(slow: tuple[Query, ...], context: Context) -> bool:
    """Its plan gives a hint of another code, which says more."""
    for query in slow:
        evidence = context.evidence.get(query.index)
        if evidence is not None and _gives_hint(evidence):
            return True
    return False


def _gives_hint(evidence: Evidence) -> bool:
    rules = (RULES.get(finding.hint) for finding in evidence.plan.findings)
    return bool(evidence.advice) or any(rule and rule.is_given_by_finding for rule in rules)
