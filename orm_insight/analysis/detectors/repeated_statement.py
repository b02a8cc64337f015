"""ORM205: a statement is repeated by the same line with other parameters.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#retrieve-everything-at-once-if-you-know-you-will-need-it
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, hint_of_loop, times
from orm_insight.analysis.lookups import looked_up_field
from orm_insight.analysis.loops import Loop
from orm_insight.model.hint import Hint
from orm_insight.sql.fingerprint import summary

_WRITES = {
    "INSERT": "bulk_create() writes all new objects with one statement.",
    "UPDATE": "bulk_update(), or one update(), writes all of them with one statement.",
    "DELETE": "queryset.delete() removes all of them together.",
}


def _advice(loop: Loop) -> str:
    verb = loop.fingerprint.partition(" ")[0].upper()
    return _WRITES.get(verb, "One statement for all values, before the loop, does the same work.")


class RepeatedStatement:
    """What no better rule explains: says what repeats and how often, and invents no fix."""

    code = "ORM205"

    def detect(self, context: Context) -> Iterable[Hint]:
        for loop in context.loops:
            if looked_up_field(loop, context.schema) is None:
                label = summary(loop.queries[0].sql)
                yield hint_of_loop(
                    self.code,
                    loop.queries,
                    context,
                    title=f"{label} is repeated in a loop",
                    message=(
                        f"{label} ({loop.origin}) is issued {times(len(loop.queries))} by the "
                        f"same line with other parameters. {_advice(loop)}"
                    ),
                )
