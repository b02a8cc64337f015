"""Facts about a model's attributes that lead to further data, looked up once each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Model
from django.db.models.fields.reverse_related import ForeignObjectRel

from orm_insight.model.trace import Relation, RelationKind

_relations: dict[tuple[type[Model], str], Relation | None] = {}
_renamed: dict[tuple[Relation, str], Relation] = {}


def relation_named(model: type[Model], name: str) -> Relation | None:
    """The relation or column that ``model`` has under this attribute or lookup name."""
    key = (model, name)
    try:
        return _relations[key]
    except KeyError:
        relation = _relations[key] = _find(model, name)
        return relation


def under_attribute(relation: Relation, name: str) -> Relation:
    """The relation as a ``Prefetch`` with ``to_attr`` leaves it: lookups go on from there."""
    if name == relation.name:
        return relation
    key = (relation, name)
    if key not in _renamed:
        _renamed[key] = replace(relation, name=name)
    return _renamed[key]


def _find(model: type[Model], name: str) -> Relation | None:
    for field in model._meta.get_fields(include_hidden=True):
        if name in _names(field):
            return _describe(model, field, _kind(field))
        if name == getattr(field, "attname", None):
            return _describe(model, field, "deferred")
    return None


def _names(field: Any) -> tuple[str | None, ...]:
    if isinstance(field, ForeignObjectRel):
        return (field.get_accessor_name(), field.name)
    return (field.name,)


def _describe(model: type[Model], field: Any, kind: RelationKind) -> Relation:
    is_reverse = isinstance(field, ForeignObjectRel)
    target: Any = field.related_model
    return Relation(
        model=model._meta.label,
        name=(field.get_accessor_name() or field.name) if is_reverse else field.name,
        query_name=field.name,
        kind=kind,
        related_model=target._meta.label if hasattr(target, "_meta") else None,
    )


def _kind(field: Any) -> RelationKind:
    if not field.is_relation:
        return "deferred"
    if field.many_to_many or field.one_to_many:
        return "many"
    if isinstance(field, ForeignObjectRel):
        return "reverse_one"
    return "forward" if field.related_model is not None else "generic_one"
