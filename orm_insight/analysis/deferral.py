"""Columns that ``only()`` and ``defer()`` left out: the code that loads them after all."""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.loads import LoadGroup
from orm_insight.model.trace import ResultSet


def code_to_load(source: ResultSet, lookup: str) -> tuple[str, str]:
    """What to write after the queryset's own ``only()`` or ``defer()``, and the same in words."""
    if source.only:
        return _call("only", (*source.only, lookup)), "Add it to only()."
    left = tuple(name for name in source.deferred if name != lookup)
    # defer() adds to what is deferred already; only defer(None) takes something back.
    fix = f"defer(None).{_call('defer', left)}" if left else "defer(None)"
    return fix, "Take it out of defer()."


def deferred_key(group: LoadGroup, loads: Iterable[LoadGroup]) -> LoadGroup | None:
    """The loads of the foreign key without which the first step of ``group`` cannot be taken.

    ``select_related()`` of a deferred foreign key is an error, so both are one problem.
    """
    return next((other for other in loads if _is_key_of(other, group)), None)


def is_key_of_any(group: LoadGroup, loads: Iterable[LoadGroup]) -> bool:
    """Whether the deferred column is the foreign key of a relation that is loaded as well."""
    return any(_is_key_of(group, other) for other in loads)


def _is_key_of(column: LoadGroup, relation: LoadGroup) -> bool:
    return (
        column.relation.kind == "deferred"
        and relation.relation.kind in ("forward", "reverse_one")
        and relation.steps[0].kind == "forward"
        and column.steps[0].name == relation.steps[0].name
        and column.load.source.model == relation.load.source.model
        and column.load.source.site == relation.load.source.site
    )


def _call(method: str, names: tuple[str, ...]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"{method}({quoted})"
