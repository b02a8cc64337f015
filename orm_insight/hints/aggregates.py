"""Counts, existence checks and aggregates of related objects, once per row: ORM201 to ORM203."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orm_insight.analysis.annotations import (
    aggregate_annotation,
    count_annotation,
    exists_annotation,
)
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.analysis.related_queries import Summary
from orm_insight.hints.base import Context, fix_of_queryset, saving_of, severity_of, sites_of
from orm_insight.model.catalogue import docs_of
from orm_insight.model.fix import Call, Fix, Need, Reading
from orm_insight.model.hint import Hint


def hint_of_summary(
    code: str,
    summary: Summary,
    context: Context,
    *,
    asked: str,
    annotation: Call | None,
    otherwise: str,
) -> Hint:
    """The hint for a question that each row asks of its related objects.

    ``otherwise`` describes the annotation where its code is not certain.
    """
    source, relation = summary.load.source, summary.relation
    saving = saving_of(summary.queries, remaining=0)
    fix = _fix(summary, annotation)
    if summary.conditions:
        asked = f"{Call('filter', keywords=summary.conditions).code}.{asked}"
    happens = (
        f"{_row(summary)}.{relation.name}.{asked} runs once per row: {len(summary.queries):,} "
        f"queries for the rows of one {source.model} queryset."
    )
    return Hint(
        code=code,
        title=f"N+1: {relation.name}.{asked} runs once per row of {relation.model}",
        happens=happens,
        message=f"{happens} {_advice(summary, annotation, otherwise)}",
        severity=severity_of(code, saving, context),
        model=source.model,
        lookup="__".join(step.query_name for step in (*summary.load.path, relation)),
        change=fix,
        site=summary.site,
        sites=sites_of(summary.queries),
        origin=source.site,
        queries=summary.queries,
        saving=saving,
        docs=docs_of(code),
    )


def _fix(summary: Summary, annotation: Call | None) -> Fix:
    source = summary.load.source
    if annotation is None:
        return Fix(at=source.site).given(Need.SAME_FOR_ALL, is_known=False)
    fix = fix_of_queryset(source, (annotation,))
    return replace(fix, readings=_readings(summary, annotation)) if fix.change else fix


def _advice(summary: Summary, annotation: Call | None, otherwise: str) -> str:
    source, row = summary.load.source, _row(summary)
    if source.is_raw:
        return "Select the result as another column of the raw SQL."
    if annotation is None:
        where = f"the {summary.relation.model} objects" if summary.load.path else "the queryset"
        advice = f"Annotate {where} with {otherwise}, if its conditions are the same for all rows."
        is_narrowed = summary.origin is not QueryOrigin.AGGREGATE and not summary.load.is_plain
        return f"The query covers only some of the objects. {advice}" if is_narrowed else advice
    instead = f"write {' and '.join(f'{row}.{each.name}' for each in annotation.keywords)} instead."
    if source.is_combined:
        return f"Write {annotation.code} in each part of the union, and {instead}"
    return f"Annotate the queryset, and {instead}"


def _readings(summary: Summary, annotation: Call) -> tuple[Reading, ...]:
    """The reading of the only answer: a line that asks for several does not tell which."""
    if len(annotation.keywords) != 1:
        return ()
    sites = sites_of(summary.queries)
    return (
        Reading(
            attribute=annotation.keywords[0].name,
            row=_row(summary),
            lookup=summary.relation.name,
            site=sites[0] if len(sites) == 1 else None,
        ),
    )


def _row(summary: Summary) -> str:
    return summary.relation.model.rpartition(".")[2].lower()


class RelatedAggregate:
    """ORM203: the related objects of each row are aggregated one by one.

    ``related.aggregate(...)`` per row: the queryset of the rows can aggregate for all.

    https://docs.djangoproject.com/en/stable/topics/db/aggregation/#joins-and-aggregates
    """

    code = "ORM203"

    def detect(self, context: Context) -> Iterable[Hint]:
        for summary in context.summaries:
            if summary.origin is QueryOrigin.AGGREGATE:
                lookup = summary.relation.query_name
                yield hint_of_summary(
                    self.code,
                    summary,
                    context,
                    asked="aggregate(...)",
                    annotation=aggregate_annotation(summary, context.subjects),
                    otherwise=f'the same aggregate over "{lookup}__..."',
                )


class RelatedCount:
    """ORM201: the related objects of each row are counted one by one.

    ``related.count()`` per row: the queryset of the rows can count them all.

    https://docs.djangoproject.com/en/stable/topics/db/aggregation/#generating-aggregates-for-each-item-in-a-queryset
    """

    code = "ORM201"

    def detect(self, context: Context) -> Iterable[Hint]:
        for summary in context.summaries:
            if summary.origin is QueryOrigin.COUNT:
                lookup = summary.relation.query_name
                yield hint_of_summary(
                    self.code,
                    summary,
                    context,
                    asked="count()",
                    annotation=count_annotation(summary, context.subjects),
                    otherwise=f'Count("{lookup}", filter=Q(...), distinct=True)',
                )


class RelatedExists:
    """ORM202: each row asks by itself whether it has related objects.

    ``related.exists()`` per row: the queryset of the rows can tell it for all.

    https://docs.djangoproject.com/en/stable/ref/models/expressions/#exists-subqueries
    """

    code = "ORM202"

    def detect(self, context: Context) -> Iterable[Hint]:
        for summary in context.summaries:
            if summary.origin is QueryOrigin.EXISTS:
                related = (summary.relation.related_model or "").rpartition(".")[2]
                yield hint_of_summary(
                    self.code,
                    summary,
                    context,
                    asked="exists()",
                    annotation=exists_annotation(summary, context.subjects),
                    otherwise=f"Exists({related}.objects.filter(...))",
                )
