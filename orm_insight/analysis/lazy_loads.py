"""Relations that instances of one result loaded one by one, as the ORM itself tells it."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from orm_insight.analysis.origins import QueryOrigin, origin_of
from orm_insight.model.fix import NONE, Call, naming
from orm_insight.model.frames import CallSite
from orm_insight.model.provenance import Relation, RelationLoad, ResultSet
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query

# These ask the database whatever was prefetched, or are the prefetch.
_NEVER_SERVED = {QueryOrigin.PREFETCH, QueryOrigin.ITERATOR, QueryOrigin.IN_BULK}

_Key = tuple[str, CallSite | None, tuple[Relation, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadGroup:
    """One path below the rows of one queryset, loaded step by step.

    ``steps`` leads from the queryset's model to what was loaded last. ``queries`` are the loads
    of that step, and of the steps before it that no other group has. ``results`` is how often
    the queryset was evaluated. ``questions`` are about the same objects, asked before loading them.
    """

    load: RelationLoad
    steps: tuple[Relation, ...]
    queries: tuple[Query, ...]
    results: int
    questions: tuple[Query, ...] = ()

    @property
    def statements(self) -> tuple[Query, ...]:
        """All that becomes superfluous, in order of execution."""
        if not self.questions:
            return self.queries
        return tuple(sorted((*self.queries, *self.questions), key=lambda query: query.index))

    @property
    def relation(self) -> Relation:
        return self.steps[-1]

    @property
    def site(self) -> CallSite | None:
        """The line that loads the last step."""
        return self.queries[-1].site

    @property
    def prefetch_statements(self) -> int:
        """How many statements a prefetch leaves: one for each step that was loaded one by one."""
        loads = (query.construction.load for query in self.queries if query.construction)
        return len({len(load.path) for load in loads if load is not None}) * self.results

    @property
    def leads_through_many(self) -> bool:
        """Return whether a step leads to several objects, so that a join would multiply rows."""
        return any(step.kind in ("many", "generic_one") for step in self.steps)

    @property
    def select_lookup(self) -> str:
        return "__".join(step.query_name for step in self.steps)

    @property
    def prefetch_lookup(self) -> str:
        return "__".join(step.name for step in self.steps)


def group_loads(
    queries: Iterable[Query], repeats: int, *, explained: Set[int] = frozenset()
) -> tuple[LoadGroup, ...]:
    """Loads of the same path from the same queryset, where distinct instances of a result asked.

    A path that goes on, and is also loaded one by one, takes the shorter ones with it: one problem,
    one group. Queries whose index is ``explained`` by a better rule are left out.
    """
    # Stacks and constructions are shared within a trace: what they say is found out once.
    keys: dict[tuple[int, int], tuple[int, tuple[Relation, ...]] | None] = {}
    by_result: dict[tuple[int, tuple[Relation, ...]], list[Query]] = {}
    for query in queries:
        shared = (id(query.frames), id(query.construction))
        if shared not in keys:
            load = _load_of(query)
            keys[shared] = (
                None if load is None else (load.source.number, (*load.path, load.relation))
            )
        if (key := keys[shared]) is not None and query.index not in explained:
            by_result.setdefault(key, []).append(query)
    return _fold([_merge(groups) for groups in _by_origin(by_result, repeats)])


def _by_origin(
    by_result: dict[tuple[int, tuple[Relation, ...]], list[Query]], repeats: int
) -> Iterable[list[LoadGroup]]:
    """Results of the same queryset belong together; a relation that few asked for is left out."""
    merged: dict[_Key, list[LoadGroup]] = {}
    for (_, steps), found in by_result.items():
        if len({query.parent for query in found}) >= repeats:
            first = _load_of(found[0])
            assert first is not None
            key = (first.source.model, first.source.site, steps)
            group = LoadGroup(load=first, steps=steps, queries=tuple(found), results=1)
            merged.setdefault(key, []).append(group)
    return merged.values()


def _load_of(query: Query) -> RelationLoad | None:
    """The load of a plain relation or column; a prefetch is not loaded one by one."""
    load = query.construction.load if query.construction else None
    if load is None or not load.is_plain or origin_of(query) in _NEVER_SERVED:
        return None
    return load


def _merge(groups: list[LoadGroup]) -> LoadGroup:
    queries = sorted((q for group in groups for q in group.queries), key=lambda q: q.index)
    return replace(groups[0], queries=tuple(queries), results=len(groups))


def _fold(groups: list[LoadGroup]) -> tuple[LoadGroup, ...]:
    """Give the queries of a step to the longest path that leads through it."""
    longest_first = sorted(groups, key=lambda group: -len(group.steps))
    kept: list[LoadGroup] = []
    for group in longest_first:
        beyond = next((i for i, other in enumerate(kept) if _leads_through(other, group)), None)
        if beyond is None or group.relation.kind == "deferred":
            kept.append(group)
        else:
            kept[beyond] = _merge([kept[beyond], group])
            kept[beyond] = replace(kept[beyond], results=group.results)
    return tuple(sorted(kept, key=lambda group: group.queries[0].index))


def _leads_through(longer: LoadGroup, shorter: LoadGroup) -> bool:
    return (
        longer.relation.kind != "deferred"
        and longer.load.source.site == shorter.load.source.site
        and longer.load.source.model == shorter.load.source.model
        and longer.steps[: len(shorter.steps)] == shorter.steps
    )


# -- columns left out by only() and defer() -------------------------------------------------------


def calls_to_load(source: ResultSet, lookup: str) -> tuple[tuple[Call, ...], str]:
    """The calls that follow the queryset's own ``only()`` or ``defer()``, and the same in words."""
    if source.only:
        return (naming("only", *source.only, lookup),), "Add it to only()."
    left = tuple(name for name in source.deferred if name != lookup)
    # defer() adds to what is deferred already; only defer(None) takes something back.
    reset = Call("defer", (NONE,))
    return (reset, naming("defer", *left)) if left else (reset,), "Take it out of defer()."


def deferred_key(group: LoadGroup, loads: Iterable[LoadGroup]) -> LoadGroup | None:
    """The loads of the foreign key without which the first step of ``group`` cannot be taken.

    ``select_related()`` of a deferred foreign key is an error, so both are one problem.
    """
    return next((other for other in loads if _is_key_of(other, group)), None)


def is_key_of_any(group: LoadGroup, loads: Iterable[LoadGroup]) -> bool:
    """Return whether the deferred column is the foreign key of a relation that is also loaded."""
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


# -- fetch modes of Django 6.1 --------------------------------------------------------------------

_PEERS = "; .fetch_mode(models.FETCH_PEERS) would load all of them on first access"


def advice_on_peers(group: LoadGroup, schema: Schema) -> str:
    """The addition to an advice, without the full stop; empty where it would not help.

    With ``FETCH_PEERS`` a row fetches for all rows of its result. The mode follows relations to one
    object, not into the sets that a prefetch loads. ``iterator()`` hands out each row before the
    next is read.
    """
    source = group.load.source
    is_queryset = source.owner is None or source.owner.kind == "view"
    leads_to_one = all(step.kind != "many" for step in group.steps)
    serves = leads_to_one and is_queryset and not source.is_raw and not source.is_chunked
    return _PEERS if serves and schema.has_fetch_modes else ""
