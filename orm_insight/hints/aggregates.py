"""The hint for what rows ask of their related objects: shared by ORM201, ORM202 and ORM203."""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.analysis.annotations import (
    Annotation,
    aggregate_annotation,
    count_annotation,
    exists_annotation,
)
from orm_insight.analysis.origins import QueryOrigin
from orm_insight.analysis.related_queries import Summary
from orm_insight.hints.base import Context, fix_in_class, saving_of, severity_of, sites_of
from orm_insight.model.catalogue import docs_of
from orm_insight.model.hint import Hint


def hint_of_summary(
    code: str,
    summary: Summary,
    context: Context,
    *,
    asked: str,
    annotation: Annotation | None,
    otherwise: str,
) -> Hint:
    """The hint for a question that each row asks of its related objects.

    ``otherwise`` describes the annotation where its code is not certain.
    """
    source, relation = summary.load.source, summary.relation
    saving = saving_of(summary.queries, remaining=0)
    fix = _fix(summary, annotation)
    if summary.conditions:
        asked = f"filter({', '.join(summary.conditions)}).{asked}"
    happens = (
        f"{_row(summary)}.{relation.name}.{asked} is asked one object at a time: "
        f"{len(summary.queries):,} statements for the rows of one {source.model} queryset."
    )
    return Hint(
        code=code,
        title=f"{relation.model}: {relation.name}.{asked} is asked row by row",
        happens=happens,
        message=f"{happens} {_advice(summary, annotation, otherwise)}",
        severity=severity_of(code, saving, context),
        model=source.model,
        lookup="__".join(step.query_name for step in (*summary.load.path, relation)),
        fix=fix,
        site=summary.site,
        sites=sites_of(summary.queries),
        origin=source.site,
        queries=summary.queries,
        saving=saving,
        certain=bool(fix),
        docs=docs_of(code),
        instead=_reading(summary, annotation) if fix else "",
    )


def _fix(summary: Summary, annotation: Annotation | None) -> str:
    source = summary.load.source
    if annotation is None or source.is_combined:  # what union() gives takes nothing further
        return ""
    if source.site is None:  # a library builds the queryset
        return ""
    return fix_in_class(source, annotation.code)


def _advice(summary: Summary, annotation: Annotation | None, otherwise: str) -> str:
    source, row = summary.load.source, _row(summary)
    if source.is_raw:
        return "Let the raw SQL select the answer as a further column."
    if annotation is None:
        where = f"the {summary.relation.model} objects" if summary.load.path else "that queryset"
        advice = f"Annotate {where} with {otherwise}, if it is the same for all rows."
        is_narrowed = summary.origin is not QueryOrigin.AGGREGATE and not summary.load.is_plain
        return f"Only some of the objects are meant. {advice}" if is_narrowed else advice
    instead = f"write {' and '.join(f'{row}.{name}' for name in annotation.names)} instead."
    if source.is_combined:
        return f"Write {annotation.code} in each part of the union, and {instead}"
    return f"Annotate that queryset, and {instead}"


def _reading(summary: Summary, annotation: Annotation | None) -> str:
    """Of several answers the line that asks does not say which it reads."""
    names = annotation.names if annotation is not None else ()
    return f"{_row(summary)}.{names[0]}" if len(names) == 1 else ""


def _row(summary: Summary) -> str:
    return summary.relation.model.rpartition(".")[2].lower()


# ORM203: the related objects of each row are aggregated one by one.
#
# https://docs.djangoproject.com/en/stable/topics/db/aggregation/#joins-and-aggregates


class RelatedAggregate:
    """``related.aggregate(...)`` per row: the queryset of the rows can aggregate for all."""

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


# ORM201: the related objects of each row are counted one by one.
#
# https://docs.djangoproject.com/en/stable/topics/db/aggregation/#generating-aggregates-for-each-item-in-a-queryset


class RelatedCount:
    """``related.count()`` per row: the queryset of the rows can count them all."""

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


# ORM202: each row asks by itself whether it has related objects.
#
# https://docs.djangoproject.com/en/stable/ref/models/expressions/#exists-subqueries


class RelatedExists:
    """``related.exists()`` per row: the queryset of the rows can tell it for all."""

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
