"""Rules that read measured plans: ORM602 to ORM606."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orm_insight.analysis.groups import QueryGroup
from orm_insight.hints.base import Context, severity_of, sites_of
from orm_insight.model.catalogue import docs_of
from orm_insight.model.fix import Fix, MetaIndex, Need
from orm_insight.model.hint import Hint, Saving
from orm_insight.model.plan import Evidence, Finding, IndexAdvice
from orm_insight.model.trace import Query


def explained(context: Context) -> Iterator[tuple[QueryGroup, Query, Evidence]]:
    """Each group of which a query has a measured plan, with the first such query."""
    for group in context.groups:
        for query in group.queries:
            evidence = context.evidence.get(query.index)
            if evidence is not None:
                yield group, query, evidence
                break


def hints_of_indexes(code: str, context: Context) -> Iterable[Hint]:
    """A hint for each index of this code that helps, or may help where it was not tried."""
    for group, query, evidence in explained(context):
        for advice in evidence.advice:
            if advice.hint == code and advice.model is not None:
                yield _of_index(code, advice, group, query, evidence, context)


def hints_of_findings(code: str, context: Context) -> Iterable[Hint]:
    """A hint for each finding of this code that an index does not answer."""
    for group, query, evidence in explained(context):
        if any(advice.hint == code for advice in evidence.advice):
            continue
        found = next((finding for finding in evidence.plan.findings if finding.hint == code), None)
        if found is not None:
            yield _of_finding(code, found, group, query, context)


def _of_index(
    code: str,
    advice: IndexAdvice,
    group: QueryGroup,
    query: Query,
    evidence: Evidence,
    context: Context,
) -> Hint:
    saving = Saving(0, _saved_ms(advice, evidence) * group.count)
    proof = _proof(advice)
    why = [f.message for f in evidence.plan.findings if f.hint == code][:1]
    return Hint(
        code=code,
        title=f"{advice.model}: an index is missing",
        happens=next(iter(why), advice.reason),
        message=" ".join([*why, advice.reason, proof]),
        severity=severity_of(code, saving, context),
        model=advice.model,
        lookup=", ".join(advice.fields),
        change=_fix(advice),
        site=query.site,
        sites=sites_of(group.queries),
        origin=query.origin,
        queries=group.queries,
        saving=saving,
        docs=docs_of(code),
    )


def _fix(advice: IndexAdvice) -> Fix:
    change = MetaIndex(advice.meta) if advice.meta else None
    imports = tuple(advice.meta_imports.splitlines())
    fix = Fix(change=change, imports=imports)
    return fix.given(Need.INDEX_HELPS, is_known=advice.is_verified)


def _saved_ms(advice: IndexAdvice, evidence: Evidence) -> float:
    """The saving for one statement: as measured, by its cost, or all that the finding explains."""
    trial = advice.trial
    if trial is not None and trial.ms_before is not None and trial.ms_after is not None:
        return trial.ms_before - trial.ms_after
    whole = evidence.plan.execution_ms or 0.0
    if trial is not None and trial.cost_before:
        return whole * (1 - trial.cost_after / trial.cost_before)
    found = (finding.ms for finding in evidence.plan.findings if finding.hint == advice.hint)
    return next(found, whole)


def _proof(advice: IndexAdvice) -> str:
    trial = advice.trial
    if trial is None:
        return "The index has not been tried: you can try it on the page of the plan."
    if trial.ms_before is not None and trial.ms_after is not None:
        return f"Tried: {trial.ms_before:.1f} ms without it, {trial.ms_after:.1f} ms with it."
    return (
        f"Tried with hypopg: the cost falls from {trial.cost_before:,.0f} to "
        f"{trial.cost_after:,.0f}."
    )


def _of_finding(
    code: str, found: Finding, group: QueryGroup, query: Query, context: Context
) -> Hint:
    saving = Saving(0, found.ms * group.count)
    model = query.construction.model if query.construction else None
    return Hint(
        code=code,
        title=f"{model or 'A query'}: {found.title}",
        happens=found.message,
        message=f"{found.message} {found.advice}",
        severity=severity_of(code, saving, context),
        model=model,
        site=query.site,
        sites=sites_of(group.queries),
        origin=query.origin,
        queries=group.queries,
        saving=saving,
        change=Fix().given(Need.CAUSE, is_known=False),
        docs=docs_of(code),
    )


class FunctionOnColumn:
    """ORM606: a filter compares a function of a column, which no index of the column serves.

    iexact, transforms and keys of JSON, for which an index on the expression serves.

    https://docs.djangoproject.com/en/stable/ref/models/indexes/#expressions
    """

    code = "ORM606"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_of_indexes(self.code, context)


class InfixPattern:
    """ORM603: LIKE with a pattern that begins with a wildcard.

    contains and icontains, for which a trigram index finds the rows.

    https://docs.djangoproject.com/en/stable/ref/contrib/postgres/indexes/#ginindex
    """

    code = "ORM603"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_of_indexes(self.code, context)


class MisestimatedRows:
    """ORM605: the planner's row estimate is off by ten times or more.

    A wrong estimate, and the steps that were chosen for it.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#explain
    """

    code = "ORM605"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_of_findings(self.code, context)


class MissingIndex:
    """ORM602: a selective filter, an order or a join without an index.

    The plan reads far more rows than are wanted, and an index would find them.

    https://docs.djangoproject.com/en/stable/ref/models/options/#indexes
    """

    code = "ORM602"

    def detect(self, context: Context) -> Iterable[Hint]:
        return hints_of_indexes(self.code, context)


class SpilledToDisk:
    """ORM604: rows that are sorted, joined or grouped do not fit into memory.

    A large sort that an index makes unnecessary, or a step that went to temporary files.

    https://docs.djangoproject.com/en/stable/topics/db/optimization/#use-standard-db-optimization-techniques
    """

    code = "ORM604"

    def detect(self, context: Context) -> Iterable[Hint]:
        yield from hints_of_indexes(self.code, context)
        yield from hints_of_findings(self.code, context)
