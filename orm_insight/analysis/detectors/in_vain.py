"""The hint for rows that were loaded only to ask one thing: shared by ORM303 and ORM304."""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.detectors.base import Context, saving_of, severity_of, sites_of
from orm_insight.analysis.groups import identity_of
from orm_insight.analysis.uses import BuiltHere, evaluated_in_vain
from orm_insight.hints.catalogue import docs_of
from orm_insight.model.hint import Hint


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
    call = method if in_template else f"{method}()"
    happens = (
        f"{built.rows:,} rows of a {source.model} queryset are loaded {asked}, and none of "
        "them is used."
    )
    return Hint(
        code=code,
        title=f"{source.model}: rows are loaded {asked}",
        happens=happens,
        message=f"{happens} Ask the database instead: .{call} of the queryset.",
        severity=severity_of(code, saving, context),
        model=source.model,
        fix=call,
        site=site,
        sites=sites_of(built.queries),
        origin=source.site or site,
        queries=built.queries,
        saving=saving,
        docs=docs_of(code),
    )
