"""Repeated queries: ORM501 for the same statement, ORM502 for the same count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath

from orm_insight.analysis.groups import chooser_of, is_count, is_of_paginator
from orm_insight.hints.base import Context, hint_of_loop, saving_of, sites_of, times
from orm_insight.hints.owners import CHOICES_ONCE, change_of_choices, is_complete
from orm_insight.model.fix import Fix, Need
from orm_insight.model.frames import CallSite
from orm_insight.model.hint import Hint
from orm_insight.model.provenance import Owner
from orm_insight.model.trace import Query
from orm_insight.sql.fingerprint import summary

_ADVICE = Fix().given(Need.ANSWER_MAY_BE_KEPT, is_known=False)


class SameStatement:
    """ORM501: the same statement is executed again with the same parameters.

    A read whose answer was known already: nothing it reads was written in between.

    https://docs.djangoproject.com/en/stable/topics/db/optimization/#understand-cached-attributes
    """

    code = "ORM501"

    def detect(self, context: Context) -> Iterable[Hint]:
        for queries in context.repeated_reads:
            if is_count(queries[0]):
                continue  # the rule for counts tells of it
            owner = chooser_of(queries[0])
            if owner is None:
                yield self._hint(queries, context)
            elif not any(group.load.source.owner == owner for group in context.loads):
                hint = self._hint_of_choices(queries, owner, context)
                if hint.saving.queries:
                    yield hint

    def _hint(self, queries: tuple[Query, ...], context: Context) -> Hint:
        label = summary(queries[0].sql)
        return hint_of_loop(
            self.code,
            queries,
            context,
            title=f"{label} runs {times(len(queries))} with the same parameters",
            happens=(
                f"{label} runs {times(len(queries))} with the same parameters, {asked_by(queries)}."
            ),
            advice=where_to_keep(queries, context),
            fix=_ADVICE,
        )

    def _hint_of_choices(self, queries: tuple[Query, ...], owner: Owner, context: Context) -> Hint:
        # An editable list makes the class of its forms twice.
        is_list = any(frame.function == "items_for_result" for frame in queries[0].frames)
        at = queries[0].origin or queries[0].site
        fix = Fix(change=change_of_choices(owner, CHOICES_ONCE), at=at)
        hint = hint_of_loop(
            self.code,
            queries,
            context,
            title=f"The choices of {owner.field} are loaded {times(len(queries))}",
            happens=(
                f"The choices of the form field {owner.field} are loaded {times(len(queries))}, "
                "once for each form."
            ),
            advice="Load them once for all forms.",
            fix=fix.given(Need.CODE_IS_WHOLE, is_known=is_complete(owner)),
        )
        return replace(hint, saving=saving_of(queries, remaining=2 if is_list else 1))


# -- answers that could have been kept: ORM501 and ORM502 -----------------------------------------

_NAMED = 3


def asked_by(queries: tuple[Query, ...]) -> str:
    """``by the same line``, or which lines: ``by views.py:10 and views.py:14``."""
    places = [_place(site) for site in sites_of(queries)]
    if len(places) == 1:
        return "from the same line"
    if len(places) > _NAMED:
        return f"from {len(places)} lines"
    return f"from {', '.join(places[:-1])} and {places[-1]}"


def where_to_keep(queries: tuple[Query, ...], context: Context) -> str:
    """Advice: on the object, where a property or method of a model asks; else in a variable."""
    sites = sites_of(queries)
    load = queries[0].construction.load if queries[0].construction else None
    if load is not None and load.relation.kind in ("forward", "reverse_one"):
        return (
            f"Each time a different {load.relation.model} object loads its {load.relation.name}. "
            "Load it together with the objects, or keep the first result."
        )
    method = _method_of_model(sites[0], context) if len(sites) == 1 else None
    if method is None:
        return "Keep the first result in a variable or a cached_property, and reuse it."
    return (
        f"{method} ({_place(sites[0])}) runs the query each time it is read or called. Make it a "
        "cached_property, so that the object keeps the result."
    )


def _method_of_model(site: CallSite, context: Context) -> str | None:
    """The property or method of a model in whose body the line stands: ``Book.is_popular``."""
    owner, _, name = site.function.rpartition(".")
    if site.is_template or not owner or not name.isidentifier():
        return None
    is_model = any(facts.name == owner for facts in context.schema.models.values())
    return site.function if is_model else None


def _place(site: CallSite) -> str:
    return f"{PurePath(site.file).name}:{site.line}"


class SameCount:
    """ORM502: the same rows are counted again.

    ``count()`` whose answer was known already, perhaps to a ``Paginator``.

    https://docs.djangoproject.com/en/stable/ref/paginator/#django.core.paginator.Paginator.count
    """

    code = "ORM502"

    def detect(self, context: Context) -> Iterable[Hint]:
        for queries in context.repeated_reads:
            if is_count(queries[0]):
                yield self._hint(queries, context)

    def _hint(self, queries: tuple[Query, ...], context: Context) -> Hint:
        construction = queries[0].construction
        model = (construction and construction.model) or "The same rows"
        return hint_of_loop(
            self.code,
            queries,
            context,
            title=f"{model}: counted {times(len(queries))}",
            happens=f"The same count() runs {times(len(queries))}, {asked_by(queries)}.",
            advice=_advice(queries, context),
            fix=_ADVICE,
        )


def _advice(queries: tuple[Query, ...], context: Context) -> str:
    pages = [query for query in queries if is_of_paginator(query)]
    others = [query for query in queries if not is_of_paginator(query)]
    if not pages:
        return where_to_keep(queries, context)
    if not others:
        return "Each Paginator runs its own count(): create one, and reuse it."
    lines = " and ".join(site.location for site in sites_of(others))
    return (
        "A Paginator counts once and keeps the number: read paginator.count, or "
        f"page.paginator.count in a template, instead of the count() at {lines}."
    )
