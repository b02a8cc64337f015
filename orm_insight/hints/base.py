"""The interface of a detector: what it is given, and what it must do."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from orm_insight.analysis.annotations import Subjects
from orm_insight.analysis.groups import QueryGroup, find_repeated_reads
from orm_insight.analysis.lazy_loads import LoadGroup, group_loads
from orm_insight.analysis.loops import Loop, find_loops
from orm_insight.analysis.related_queries import (
    Summary,
    asks_for_everything,
    attribute_for,
    find_summaries,
    group_narrowed,
    join_questions,
    queryset_asked,
    reading,
)
from orm_insight.analysis.usage import BuiltHere, by_building_line
from orm_insight.hints.owners import advice_in_class, change_in_class, is_complete
from orm_insight.model import catalogue
from orm_insight.model.catalogue import docs_of
from orm_insight.model.fix import Call, Calls, Fix, Need, Prefetch, Reading, naming
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint, Saving, Severity
from orm_insight.model.plan import Evidence
from orm_insight.model.provenance import ResultSet, ResultUse
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From where on something is worth a hint.

    ``repeats`` is how many instances must load a relation one by one, or how often a statement
    must be repeated. A column that was loaded and never read is worth a hint from ``wide_bytes``
    for all rows and ``wide_bytes_per_row`` on average. ``many_rows`` is how many rows one
    statement may load without a limit, ``slow_ms`` from when on a single statement is slow.
    """

    repeats: int = 2
    wide_bytes: int = 1_000
    wide_bytes_per_row: int = 100
    many_rows: int = 1_000
    slow_ms: float = 100.0


@dataclass(frozen=True, kw_only=True)
class Context:
    """A trace and what is known about it. ``evidence`` are measured plans, by query."""

    trace: Trace
    queries: tuple[Query, ...]
    groups: tuple[QueryGroup, ...]
    schema: Schema
    thresholds: Thresholds
    evidence: Mapping[int, Evidence] = field(default_factory=dict)

    @cached_property
    def loads(self) -> tuple[LoadGroup, ...]:
        """Relations loaded one by one for rows of one result."""
        explained = {query.index for group in self.summaries for query in group.queries}
        return group_loads(self.queries, self.thresholds.repeats, explained=explained)

    @cached_property
    def summaries(self) -> tuple[Summary, ...]:
        """Questions about the related objects of each row of one result."""
        return self._narrowed_and_summaries[1]

    @cached_property
    def subjects(self) -> Subjects:
        """Which of the summaries the queryset of the rows can be annotated with."""
        return Subjects(self.summaries, self.queries, self.schema)

    @cached_property
    def narrowed(self) -> tuple[LoadGroup, ...]:
        """Related managers asked one by one for what no prefetch serves, for rows of one result."""
        return self._narrowed_and_summaries[0]

    @cached_property
    def _narrowed_and_summaries(self) -> tuple[tuple[LoadGroup, ...], tuple[Summary, ...]]:
        repeats = self.thresholds.repeats
        return join_questions(
            group_narrowed(self.queries, repeats),
            find_summaries(self.queries, self.schema, repeats),
        )

    @cached_property
    def uses(self) -> tuple[ResultUse, ...]:
        """The use of loaded rows; empty unless it is a deep recording."""
        return self.trace.uses or ()

    @cached_property
    def built(self) -> tuple[BuiltHere, ...]:
        """The same, put together by the lines that build the querysets."""
        return by_building_line(self.uses, self.queries)

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        """Other statements repeated by the same stack with other parameters."""
        return find_loops(self.groups, self.thresholds.repeats, explained=self.of_relations)

    @cached_property
    def repeated_reads(self) -> tuple[tuple[Query, ...], ...]:
        """Equal reads with equal parameters that nothing else explains."""
        loops = (query.index for loop in self.loops for query in loop.queries)
        explained = {*loops, *self.of_relations}
        return find_repeated_reads(self.queries, self.thresholds.repeats, explained)

    @cached_property
    def of_relations(self) -> frozenset[int]:
        """The indexes of queries that the rows of one result issued one by one."""
        found = [group.statements for group in (*self.loads, *self.narrowed)]
        found.extend(summary.queries for summary in self.summaries)
        return frozenset(query.index for queries in found for query in queries)


class Detector(Protocol):
    """A rule. It reads and never changes anything; it gives no hint rather than a wrong one."""

    @property
    def code(self) -> str: ...

    def detect(self, context: Context) -> Iterable[Hint]: ...


def saving_of(queries: tuple[Query, ...], *, remaining: int) -> Saving:
    """The gain if the fix leaves ``remaining`` statements of the same kind."""
    removed = max(len(queries) - remaining, 0)
    total = sum(query.duration_ms for query in queries)
    return Saving(removed, total * removed / len(queries) if queries else 0.0)


def severity_of(code: str, saving: Saving, context: Context) -> Severity:
    """Return how severe the rule calls it in this trace."""
    return catalogue.severity_of(code, saving, context.trace.duration_ms)


def sites_of(queries: Iterable[Query]) -> tuple[CallSite, ...]:
    """The distinct call sites in the order met."""
    return tuple(dict.fromkeys(query.site for query in queries if query.site is not None))


def times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count:,} times"


def fix_of_queryset(
    source: ResultSet, calls: tuple[Call, ...], *, is_repeated: bool = False
) -> Fix:
    """The fix at the origin: calls that follow the queryset, or code for a class.

    Without code where the queryset takes no calls, or a library builds it.
    """
    owner = source.owner
    fix = Fix(at=source.site).given(Need.TAKES_CALLS, is_known=not source.is_combined)
    fix = fix.given(Need.BUILT_HERE, is_known=source.site is not None)
    if not fix.is_certain:
        return fix
    if owner is None:
        return replace(fix, change=Calls(calls))
    change = change_in_class(source, owner, calls, is_repeated=is_repeated)
    is_whole = change is not None and is_complete(owner)
    return replace(fix, change=change).given(Need.CODE_IS_WHOLE, is_known=is_whole)


def hint_of_load(
    code: str,
    group: LoadGroup,
    context: Context,
    *,
    lookup: str,
    calls: tuple[Call, ...],
    remaining: int,
    problem: str,
    advice: str,
) -> Hint:
    """The hint for a relation or column that is loaded one by one."""
    source, queries = group.load.source, group.statements
    saving = saving_of(queries, remaining=remaining)
    fix = fix_of_queryset(source, calls, is_repeated=group.results > 1)
    happens = (
        f"{lookup} {problem} once per row: {len(queries):,} queries for the rows of one "
        f"{source.model} queryset."
    )
    return Hint(
        code=code,
        title=f"N+1: {lookup} is loaded once per row of {source.model}",
        happens=happens,
        message=f"{happens} {_advice_at_origin(source, calls, advice)}",
        severity=severity_of(code, saving, context),
        model=source.model,
        lookup=lookup,
        change=fix,
        site=group.site or source.site,
        sites=sites_of(queries),
        origin=source.site,
        queries=queries,
        saving=saving,
        docs=docs_of(code),
    )


def _advice_at_origin(source: ResultSet, calls: tuple[Call, ...], advice: str) -> str:
    """The advice, also for an origin that takes no fix."""
    if source.is_combined:
        return f"Write {Calls(calls).code} in each part of the union."
    if source.site is None:
        return f"A library builds the queryset: {Calls(calls).code} would have to be added there."
    return advice + advice_in_class(source)


def hint_of_narrowed(
    code: str, group: LoadGroup, context: Context, *, problem: str, reason: str
) -> Hint:
    """The hint for related objects that are asked for one by one, and not simply all of them."""
    lookup = group.prefetch_lookup
    queryset = queryset_asked(group, context.schema)
    name = group.relation.name
    readings: tuple[Reading, ...] = ()
    calls: tuple[Call, ...] = (naming("prefetch_related", lookup),)
    if queryset is None:
        advice = (
            "The condition differs from row to row, or cannot be read from the query. If the sets "
            f'are small, use prefetch_related("{lookup}") and filter .all() in Python.'
        )
    elif asks_for_everything(group):
        advice = f"Prefetch it, and iterate over .{name}.all() in Python."
    else:
        attribute = _attribute(group, context)
        sites = sites_of(group.statements)
        site = sites[0] if len(sites) == 1 else None
        readings = (replace(reading(group, attribute), lookup=name, site=site),)
        calls = (Call("prefetch_related", (Prefetch(lookup, queryset, attribute),)),)
        advice = f"Load only these with Prefetch, and read the list .{attribute} instead."
    hint = hint_of_load(
        code,
        group,
        context,
        lookup=lookup,
        calls=calls,
        remaining=group.prefetch_statements,
        problem=problem,
        advice=f"{reason}. {advice}",
    )
    fix = hint.change.given(Need.SAME_FOR_ALL, is_known=queryset is not None)
    if queryset is None:
        return replace(hint, change=replace(fix, change=None))
    return replace(hint, change=replace(fix, readings=readings if fix.change else ()))


def _attribute(group: LoadGroup, context: Context) -> str:
    """A name of its own where the rows of one queryset are asked for several of their objects."""
    wanted, source = attribute_for(group), group.load.source
    before = itertools.takewhile(lambda other: other is not group, context.narrowed)
    same = sum(
        (other.load.source.site, other.load.source.model) == (source.site, source.model)
        and attribute_for(other) == wanted
        and queryset_asked(other, context.schema) != queryset_asked(group, context.schema)
        for other in before
    )
    return f"{wanted}_{same + 1}" if same else wanted


def hint_of_loop(
    code: str,
    queries: tuple[Query, ...],
    context: Context,
    *,
    title: str,
    happens: str,
    advice: str,
    model: str | None = None,
    lookup: str | None = None,
    fix: Fix,
) -> Hint:
    """The hint for statements of which one would do."""
    first = queries[0]
    saving = saving_of(queries, remaining=1)
    if model is None and first.construction is not None:
        model = first.construction.model
    return Hint(
        code=code,
        title=title,
        happens=happens,
        message=f"{happens} {advice}",
        severity=severity_of(code, saving, context),
        model=model,
        lookup=lookup,
        change=fix,
        site=first.site or first.origin,
        sites=sites_of(queries),
        origin=first.origin or first.site,
        queries=queries,
        saving=saving,
        docs=docs_of(code),
    )
