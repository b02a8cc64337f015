"""Reads from the ORM's query how the application has filtered a related manager's queryset.

This happens once for each statement and stack, never for each query. Nothing is guessed: the result
says if the query cannot be read with certainty. Values are not kept: they are the statement's
parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import FrameType
from typing import Any

from django.db.models import Aggregate, BooleanField, JSONField, QuerySet
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In, IsNull, Lookup, Range

from orm_insight.model.provenance import Condition, Narrowing

UNREADABLE = Narrowing(is_readable=False)


def shape_of(query: Any) -> tuple[Any, ...]:
    """The parts of a query, except WHERE, that make its rows differ from those of a prefetch."""
    return (
        query.combinator,
        query.distinct,
        query.low_mark,
        query.high_mark,
        tuple(query.order_by),
        bool(query.annotations),
        query.values_select,
        query.select_related,
        query.deferred_loading,
        query.standard_ordering,
    )


def is_plain(base: tuple[Any, ...], filters: int, query: Any) -> bool:
    """Return whether a related manager's query is as the manager made it: a prefetch serves it."""
    where, *shape = base
    if len(query.where.children) != where + filters:
        return False
    return tuple(shape) == shape_of(query) or _is_count_or_exists(query)


_QUESTIONS = {id(QuerySet.count.__code__), id(QuerySet.exists.__code__)}


def is_asked_of_manager(issuer: FrameType, base: tuple[Any, ...]) -> bool:
    """Return whether ``count()`` or ``exists()`` was asked of a queryset as the manager gave it.

    Their statements leave out an order and ``select_related()``, but a queryset that was made with
    these does not hold the prefetched objects.
    """
    frame: FrameType | None = issuer.f_back
    for _ in range(8):
        if frame is None:
            break
        if id(frame.f_code) in _QUESTIONS:
            return tuple(base[1:]) == shape_of(frame.f_locals["self"]._query)
        frame = frame.f_back
    return True


def _is_count_or_exists(query: Any) -> bool:
    return "__count" in query.annotations or (query.high_mark == 1 and "a" in query.annotations)


def _is_annotated(query: Any) -> bool:
    """Return whether rows get further values; an answer about all rows is no such value."""
    if not query.annotations or query.default_cols or query.select or query.group_by is not None:
        return bool(query.annotations)
    if _is_count_or_exists(query):
        return False
    return not all(isinstance(value, Aggregate) for value in query.annotations.values())


class _UnreadableError(Exception):
    """The query says something for which there is no certain code."""


def narrowing_of(query: Any, base: tuple[Any, ...], filters: int) -> Narrowing:
    """The additions to a related manager's query; ``base`` and ``filters`` as in ``Built``."""
    where, combinator, _, low, high, order_by, annotated, _, selected, *_ = base
    own = query.where.children[where + filters :]
    if (
        combinator != query.combinator
        or annotated != _is_annotated(query)
        or query.distinct_fields
        or query.extra
        or (low, high) != (0, None)
        or query.where.connector != "AND"
        or query.where.negated
        or not query.standard_ordering
        or (query.distinct and query.values_select)
    ):
        return UNREADABLE
    try:
        conditions = tuple(_condition(query, child) for child in own)
        if len({condition.lookup for condition in conditions}) < len(conditions):
            return UNREADABLE  # one filter() cannot say it
        return Narrowing(
            conditions=conditions,
            order_by=None if tuple(query.order_by) == order_by else _names(query.order_by),
            is_distinct=query.distinct,
            low=query.low_mark,
            high=query.high_mark,
            selected=() if query.select_related == selected else _selected(query.select_related),
        )
    except (_UnreadableError, TypeError, AttributeError, KeyError):
        return UNREADABLE


def _condition(query: Any, child: Any) -> Condition:
    """A comparison of a column with values, as the lookup that ``filter()`` takes."""
    if not isinstance(child, Lookup) or not isinstance(child.lhs, Col):
        raise _UnreadableError
    if child.lhs.output_field.get_lookup(str(child.lookup_name)) is not type(child):
        raise _UnreadableError
    path = "__".join((*_path_to(query, child.lhs.alias), child.lhs.target.name))
    lookup = path if isinstance(child, Exact) else f"{path}__{child.lookup_name}"
    column = str(child.lhs.target.column)
    if isinstance(child, IsNull):
        return Condition(lookup=lookup, column=column, literal=bool(child.rhs))
    if hasattr(child.rhs, "resolve_expression"):
        raise _UnreadableError  # another column, a subquery
    if isinstance(child.rhs, bool) and isinstance(child.lhs.output_field, BooleanField):
        return Condition(lookup=lookup, column=column, literal=child.rhs)
    if isinstance(child, (In, Range)):
        values = set(child.rhs) - {None} if isinstance(child, In) else child.rhs
        return Condition(lookup=lookup, column=column, count=len(values), is_list=True)
    if isinstance(child.rhs, (list, tuple)) or isinstance(child.lhs.output_field, JSONField):
        raise _UnreadableError  # the parameter is not the value that the application wrote
    return Condition(lookup=lookup, column=column, count=1)


def _path_to(query: Any, alias: str) -> list[str]:
    """Names of the relations that lead from the query's model to a joined table."""
    path: list[str] = []
    while (join := query.alias_map[alias]).parent_alias is not None:
        field = join.join_field
        if field not in field.model._meta.get_fields() or field.one_to_many or field.many_to_many:
            # There is no lookup for a hidden table, and each filter() joins to a set on its own.
            raise _UnreadableError
        path.insert(0, field.name)
        alias = join.parent_alias
    return path


def _names(order_by: Iterable[Any]) -> tuple[str, ...]:
    names = tuple(order_by)
    if not all(isinstance(name, str) for name in names):
        raise _UnreadableError
    return names


def _selected(select_related: Any, prefix: str = "") -> tuple[str, ...]:
    """The leaves of ``Query.select_related`` as lookups."""
    if not isinstance(select_related, dict):
        raise _UnreadableError
    lookups: list[str] = []
    for name, below in select_related.items():
        lookups.extend(_selected(below, f"{prefix}{name}__") if below else [f"{prefix}{name}"])
    return tuple(lookups)
