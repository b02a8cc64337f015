"""ORM106: a column left out by ``only()`` or ``defer()`` is loaded one by one after all.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, hint_of_load
from orm_insight.model.hint import Hint
from orm_insight.model.trace import ResultSet


class DeferredField:
    """Each access to a deferred field is a statement of its own."""

    code = "ORM106"

    def detect(self, context: Context) -> Iterable[Hint]:
        for group in context.loads:
            if group.relation.kind == "deferred":
                fix, advice = _fix(group.load.source, group.select_lookup)
                yield hint_of_load(
                    self.code,
                    group,
                    context,
                    lookup=group.select_lookup,
                    fix=fix,
                    remaining=0,
                    problem="was left out of the query and is loaded",
                    advice=advice,
                )


def _fix(source: ResultSet, lookup: str) -> tuple[str, str]:
    if source.only:
        return _call("only", (*source.only, lookup)), "Add it to only()."
    left = tuple(name for name in source.deferred if name != lookup)
    # defer() adds to what is deferred already; only defer(None) takes something back.
    fix = f"defer(None).{_call('defer', left)}" if left else "defer(None)"
    return fix, "Take it out of defer()."


def _call(method: str, names: tuple[str, ...]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"{method}({quoted})"
