"""ORM501: the same statement is executed again with the same parameters.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#understand-cached-attributes
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orm_insight.analysis.detectors.base import Context, hint_of_loop, saving_of, times
from orm_insight.analysis.detectors.keeping import asked_by, where_to_keep
from orm_insight.analysis.owners import CHOICES_ONCE, code_of_choices, is_complete
from orm_insight.analysis.repeats import chooser_of, is_count
from orm_insight.model.hint import Hint
from orm_insight.model.owner import Owner
from orm_insight.model.trace import Query
from orm_insight.sql.fingerprint import summary


class SameStatement:
    """A read whose answer was known already: nothing it reads was written in between."""

    code = "ORM501"

    def detect(self, context: Context) -> Iterable[Hint]:
        for queries in context.repeated_reads:
            if is_count(queries[0]):
                continue  # the rule for counts tells of it
            owner = chooser_of(queries[0])
            if owner is None:
                yield self._hint(queries, context)
            elif not any(group.load.source.owner == owner for group in context.loads):
                hint = self._hint_of_choices(queries, owner, context)
                if hint.saving.queries:
                    yield hint

    def _hint(self, queries: tuple[Query, ...], context: Context) -> Hint:
        label = summary(queries[0].sql)
        return hint_of_loop(
            self.code,
            queries,
            context,
            title=f"{label} is asked {times(len(queries))}",
            happens=(
                f"{label} is executed {times(len(queries))} with the same parameters, "
                f"{asked_by(queries)}."
            ),
            advice=where_to_keep(queries, context),
        )

    def _hint_of_choices(self, queries: tuple[Query, ...], owner: Owner, context: Context) -> Hint:
        # An editable list makes the class of its forms twice.
        is_list = any(frame.function == "items_for_result" for frame in queries[0].frames)
        hint = hint_of_loop(
            self.code,
            queries,
            context,
            title=f"The choices of {owner.field} are asked {times(len(queries))}",
            happens=(
                f"The choices of the form field {owner.field} are loaded {times(len(queries))}, "
                "for one form after the other."
            ),
            advice="Load them once for all forms.",
            fix=code_of_choices(owner, [CHOICES_ONCE]),
            certain=is_complete(owner),
        )
        return replace(hint, saving=saving_of(queries, remaining=2 if is_list else 1))
