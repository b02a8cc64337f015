"""Relations, columns and rows that are loaded and never used: ORM105, ORM301, ORM303, ORM304."""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.groups import identity_of
from orm_insight.analysis.usage import (
    BuiltHere,
    evaluated_in_vain,
    unread_columns,
    unused_relations,
)
from orm_insight.hints.base import Context, fix_of_queryset, saving_of, severity_of, sites_of
from orm_insight.hints.fixes import without_beginnings
from orm_insight.model.catalogue import docs_of
from orm_insight.model.fix import (
    FALSE,
    NONE,
    Assignment,
    Call,
    Calls,
    Change,
    ClassBody,
    Fix,
    InPlace,
    Literal,
    Need,
    naming,
    objects_of,
)
from orm_insight.model.hint import Hint, Severity
from orm_insight.model.provenance import EagerMethod, EagerRelation


class UnusedRelation:
    """ORM105: a relation is loaded along with the rows, and no row is ever asked for it.

    ``select_related`` or ``prefetch_related`` of what nobody reads.

    Known only where the trace was recorded in depth.

    https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-retrieve-things-you-don-t-need
    """

    code = "ORM105"

    def detect(self, context: Context) -> Iterable[Hint]:
        for built in context.built:
            unused = unused_relations(built)
            for relation in unused:
                kept = _kept(built, relation.method, unused)
                yield self._hint(built, relation, kept, context)

    def _hint(
        self,
        built: BuiltHere,
        relation: EagerRelation,
        kept: tuple[EagerRelation, ...],
        context: Context,
    ) -> Hint:
        source, method, lookup = built.source, relation.method, relation.lookup
        queries = tuple(context.queries[index] for index in _statements(built, relation))
        saving = saving_of(queries, remaining=0)
        loaded = "joined to every row" if method == "select_related" else "prefetched"
        only = f", only {relation.used}" if relation.used else ""
        happens = (
            f"{lookup} is {loaded}, but unused: no row of this {source.model} queryset reads "
            f"it{only}."
        )
        return Hint(
            code=self.code,
            title=f"{source.model}: {lookup} is eagerly loaded but unused",
            happens=happens,
            message=f"{happens} {_advice(relation)}",
            severity=severity_of(self.code, saving, context),
            model=source.model,
            lookup=lookup,
            change=Fix(change=_change(built, method, kept), at=source.site),
            site=built.queries[0].site,
            sites=sites_of(built.queries),
            origin=source.site,
            queries=queries or built.queries,
            saving=saving,
            docs=docs_of(self.code),
        )


def _statements(built: BuiltHere, relation: EagerRelation) -> list[int]:
    return sorted(
        index
        for use in built.uses
        for other in use.relations
        if (other.method, other.lookup) == (relation.method, relation.lookup)
        for index in other.queries
    )


def _kept(
    built: BuiltHere, method: EagerMethod, unused: tuple[EagerRelation, ...]
) -> tuple[EagerRelation, ...]:
    """The relations of that method which were used at least in part, each lookup once."""
    nowhere = {relation.lookup for relation in unused if not relation.used}
    by_lookup = {
        relation.lookup: relation
        for use in built.uses
        for relation in use.relations
        if relation.method == method and relation.lookup not in nowhere
    }
    return tuple(by_lookup.values())


def _change(
    built: BuiltHere, method: EagerMethod, kept: tuple[EagerRelation, ...]
) -> Change | None:
    """The change that takes the eager load back at the origin; ``None`` if that takes more."""
    source = built.source
    if any(use.is_below for use in built.uses) or not all(relation.is_plain for relation in kept):
        return None
    lookups = without_beginnings([relation.used for relation in kept if relation.used])
    is_list = source.owner is not None and source.owner.kind == "changelist"
    if is_list and method == "select_related":
        value = Literal(tuple(lookups)) if lookups else FALSE
        return ClassBody((Assignment("list_select_related", value),))
    if source.owner is not None:
        return None
    reset = Call(method, (NONE,))
    return Calls((reset, naming(method, *lookups)) if lookups else (reset,))


def _advice(relation: EagerRelation) -> str:
    if not relation.used:
        return f'Leave "{relation.lookup}" out of {relation.method}().'
    return f'{relation.method}("{relation.used}") is enough.'


# -- rows loaded only to ask one thing: ORM303 and ORM304 -----------------------------------------


def hints_in_vain(
    code: str, method: str, context: Context, *, counted: bool, asked: str
) -> Iterable[Hint]:
    """One hint for each line that evaluates querysets for this and nothing else.

    ``method`` would have answered it in the database. Rows that another statement loads again are
    left to the hint for repeated statements.
    """
    for built in evaluated_in_vain(context.uses, context.queries, counted=counted):
        if not _is_repeated(built, context):
            yield _hint(code, built, method, context, asked)


def _is_repeated(built: BuiltHere, context: Context) -> bool:
    own = {query.index for query in built.queries}
    identities = {identity_of(query) for query in built.queries}
    return any(
        query.index not in own and identity_of(query) in identities for query in context.queries
    )


def _hint(code: str, built: BuiltHere, method: str, context: Context, asked: str) -> Hint:
    source, site = built.source, built.queries[0].site
    saving = saving_of((), remaining=0)
    in_template = site is not None and site.is_template
    call = InPlace(Call(method), is_template=in_template)
    happens = (
        f"{built.rows:,} rows of a {source.model} queryset are loaded {asked}, and are "
        "otherwise unused."
    )
    return Hint(
        code=code,
        title=f"{source.model}: rows are loaded {asked}",
        happens=happens,
        message=f"{happens} Call .{call.code} on the queryset instead.",
        severity=severity_of(code, saving, context),
        model=source.model,
        change=Fix(change=call, at=site),
        site=site,
        sites=sites_of(built.queries),
        origin=source.site or site,
        queries=built.queries,
        saving=saving,
        docs=docs_of(code),
    )


class LengthOfRows:
    """ORM303: a queryset is evaluated for its ``len()``, and its rows are never used.

    ``len(queryset)`` where ``queryset.count()`` would do.

    Known only where the trace was recorded in depth.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#count
    """

    code = "ORM303"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_in_vain(self.code, "count", context, counted=True, asked="only to be counted")


class TruthOfRows:
    """ORM304: a queryset is evaluated to see whether it has rows, and these are never used.

    ``if queryset:`` where ``if queryset.exists():`` would do.

    Known only where the trace was recorded in depth.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#exists
    """

    code = "ORM304"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_in_vain(
            self.code, "exists", context, counted=False, asked="only to check whether any exist"
        )


class WideColumn:
    """ORM301: wide columns are loaded for many rows, and none of their values is read.

    Texts, documents and bytes that cross the wire for nothing.

    Known only where the trace was recorded in depth.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
    """

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
            f"{source.model} queryset, but no value was read."
        )
        return Hint(
            code=self.code,
            title=f"{source.model}: {lookup} is loaded but unused",
            happens=happens,
            message=f"{happens} {advice}",
            severity=max(
                severity, severity_of(self.code, nothing, context), key=list(Severity).index
            ),
            model=source.model,
            lookup=lookup,
            change=fix,
            site=built.queries[0].site,
            sites=sites_of(built.queries),
            origin=source.site,
            queries=built.queries,
            saving=nothing,
            docs=docs_of(self.code),
        )


def _code(built: BuiltHere, wide: tuple[str, ...], context: Context) -> tuple[Fix, str]:
    """One ``defer()`` for all wide columns of the rows: two changes of one line undo each other."""
    source, call = built.source, naming("defer", *wide)
    fix = fix_of_queryset(source, (call,))
    if source.is_combined:  # what union() gives takes nothing further
        return fix, f"Write {call.code} in each part of the union."
    if any(use.is_below for use in built.uses):
        facts = context.schema.models.get(source.model)
        queryset = objects_of(source.model, facts.manager if facts else "objects", call)
        fix = Fix(at=source.site).given(Need.OWN_QUERYSET, is_known=False)
        return fix, f"Prefetch with a queryset that leaves it out: {queryset.code}."
    if source.owner is not None:
        return fix, "Rows that need it will load it."
    return fix, "Leave it out; a row that does need it loads it then."
