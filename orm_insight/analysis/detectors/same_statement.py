"""ORM501: the same statement is executed again with the same parameters.

https://docs.djangoproject.com/en/stable/topics/db/optimization/#understand-cached-attributes
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from orm_insight.analysis.detectors.base import Context, hint_of_loop, saving_of, sites_of, times
from orm_insight.analysis.groups import identity_of
from orm_insight.analysis.owners import CHOICES_ONCE, code_of_choices, is_complete
from orm_insight.model.hint import Hint
from orm_insight.model.owner import Owner
from orm_insight.model.trace import Query
from orm_insight.sql.fingerprint import summary, tables


class SameStatement:
    """A read whose answer was known already: nothing it reads was written in between."""

    code = "ORM501"

    def detect(self, context: Context) -> Iterable[Hint]:
        for queries in _repeated_reads(context):
            owner = _chooser(queries[0])
            if owner is None:
                yield self._hint(queries, context)
            elif not any(group.load.source.owner == owner for group in context.loads):
                hint = self._hint_of_choices(queries, owner, context)
                if hint.saving.queries:
                    yield hint

    def _hint(self, queries: tuple[Query, ...], context: Context) -> Hint:
        label = summary(queries[0].sql)
        lines = len(sites_of(queries))
        where = "by the same line" if lines == 1 else f"by {lines} lines"
        return hint_of_loop(
            self.code,
            queries,
            context,
            title=f"{label} is asked {times(len(queries))}",
            message=(
                f"{label} is executed {times(len(queries))} with the same parameters, {where}."
                " Keep the first result, in a variable or a cached_property, and use it again."
            ),
        )

    def _hint_of_choices(self, queries: tuple[Query, ...], owner: Owner, context: Context) -> Hint:
        # An editable list makes the class of its forms twice.
        is_list = any(frame.function == "items_for_result" for frame in queries[0].frames)
        hint = hint_of_loop(
            self.code,
            queries,
            context,
            title=f"The choices of {owner.field} are asked {times(len(queries))}",
            message=(
                f"The choices of the form field {owner.field} are loaded {times(len(queries))}, "
                "for one form after the other. Load them once for all forms."
            ),
            fix=code_of_choices(owner, [CHOICES_ONCE]),
            certain=is_complete(owner),
        )
        return replace(hint, saving=saving_of(queries, remaining=2 if is_list else 1))


def _chooser(query: Query) -> Owner | None:
    """The class of the admin for whose form field the query loads the choices."""
    owner = query.construction.owner if query.construction else None
    return owner if owner is not None and owner.kind == "formfield" else None


def _can_be_kept(query: Query) -> bool:
    """Whether it is the application that asks; what a library repeats is not for it to keep.

    Nor is what ``formfield_for_foreignkey()`` loads: an editable list makes its form twice.
    """
    site = query.site
    if _chooser(query) is not None:
        return site is None or "formfield_for_" not in site.function
    return site is not None and not site.is_declaration


def _repeated_reads(context: Context) -> list[tuple[Query, ...]]:
    """Equal reads that no other rule explains, with no write to their tables between them."""
    explained = {query.index for loop in context.loops for query in loop.queries}
    explained |= context.of_relations
    reads: dict[Any, list[Query]] = {}
    for query in context.queries:
        is_open = query.index not in explained and not query.error
        if is_open and _can_be_kept(query) and _is_read(query.sql):
            reads.setdefault(identity_of(query), []).append(query)
    repeated = [run for run in reads.values() if len(run) > 1]
    if not repeated:
        return []
    writes: dict[tuple[str, str], list[int]] = {}
    for query in context.queries:
        if not _is_read(query.sql):
            for table in tables(query.sql):
                writes.setdefault((query.alias, table), []).append(query.index)
    threshold = max(context.thresholds.repeats, 2)
    return [
        tuple(run)
        for queries in repeated
        for run in _between_writes(queries, writes)
        if len(run) >= threshold
    ]


def _between_writes(
    reads: list[Query], writes: dict[tuple[str, str], list[int]]
) -> Iterable[list[Query]]:
    """The reads cut where one of their tables is written; none where they read no table."""
    touched = [(reads[0].alias, table) for table in tables(reads[0].sql)]
    cuts = sorted(index for table in touched for index in writes.get(table, ()))
    runs: dict[int, list[Query]] = {}
    for read in reads if touched else ():
        runs.setdefault(bisect(cuts, read.index), []).append(read)
    return runs.values()


@lru_cache(maxsize=512)
def _is_read(sql: str) -> bool:
    return sql.lstrip(" (\n")[:6].upper() == "SELECT" and "FOR UPDATE" not in sql
