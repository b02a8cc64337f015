"""ORM301: wide columns are loaded for many rows, and none of their values is read.

Known only where the trace was recorded in depth.

https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
"""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import (
    Context,
    fix_in_class,
    saving_of,
    severity_of,
    sites_of,
)
from orm_insight.analysis.uses import BuiltHere, unread_columns
from orm_insight.hints.catalogue import docs_of
from orm_insight.model.hint import Hint, Severity


class WideColumn:
    """Texts, documents and bytes that cross the wire for nothing."""

    code = "ORM301"

    def detect(self, context: Context) -> Iterable[Hint]:
        limits = context.thresholds
        for built in context.built:
            if built.rows < 2:
                continue
            least = max(limits.wide_bytes, built.rows * limits.wide_bytes_per_row)
            wide = {name: size for name, size in unread_columns(built).items() if size >= least}
            for lookup, size in wide.items():
                yield self._hint(built, lookup, size, tuple(wide), context)

    def _hint(
        self, built: BuiltHere, lookup: str, size: int, wide: tuple[str, ...], context: Context
    ) -> Hint:
        source = built.source
        fix, advice = _code(built, wide, context)
        # Nothing says how much of a statement's time a column takes.
        severity = Severity.MEDIUM if size >= 1_000_000 else Severity.LOW
        nothing = saving_of((), remaining=0)
        happens = (
            f"{size:,} bytes of {lookup} were loaded for {built.rows:,} rows of a "
            f"{source.model} queryset, and no value was read."
        )
        return Hint(
            code=self.code,
            title=f"{source.model}: {lookup} is loaded and never read",
            happens=happens,
            message=f"{happens} {advice}",
            severity=max(
                severity, severity_of(self.code, nothing, context), key=list(Severity).index
            ),
            model=source.model,
            lookup=lookup,
            fix=fix,
            site=built.queries[0].site,
            sites=sites_of(built.queries),
            origin=source.site,
            queries=built.queries,
            saving=nothing,
            certain=bool(fix),
            docs=docs_of(self.code),
        )


def _code(built: BuiltHere, wide: tuple[str, ...], context: Context) -> tuple[str, str]:
    """One ``defer()`` for all wide columns of the rows: two changes of one line undo each other."""
    quoted = ", ".join(f'"{name}"' for name in wide)
    source, fix = built.source, f"defer({quoted})"
    if source.is_combined:  # what union() gives takes nothing further
        return "", f"Write {fix} in each part of the union."
    if any(use.is_below for use in built.uses):
        facts = context.schema.models.get(source.model)
        manager = facts.manager if facts else "objects"
        model = source.model.rpartition(".")[2]
        return "", f"Prefetch with a queryset that leaves it out: {model}.{manager}.{fix}."
    if source.owner is not None:
        return fix_in_class(source, fix), "Leave it to the rows that need it."
    return fix, "Leave it out; a row that needs it after all loads it then."
