"""Reads from Django's frames which relation of an instance they load."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from types import CodeType, FrameType
from typing import Any

from django.db.models import Model
from django.db.models.fields import related_descriptors
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.query_utils import DeferredAttribute

from orm_insight.capture.code_roles import Role, declare
from orm_insight.capture.lineage import KEY, Built, Mark, ObjectLoad
from orm_insight.model.provenance import Relation, RelationKind

_names: dict[int, Callable[[Any], str]] = {}
"""By id of code that loads a relation: the way from its ``self`` to the relation's name."""
loads_object: set[int] = set()
"""Code that loads a single related object, or its columns: by id."""
_FRAMES_OF_OTHERS = 8
"""The frame that loads is looked for so far out: other tools put frames of theirs between."""


def object_load(query: Any, start: FrameType) -> tuple[ObjectLoad, int] | None:
    """The single related object that a query is about to load, if it is one, and a number that
    tells the instance apart to which it is related.

    ``start`` is the frame that has called ``get()``: the one that loads, or one inside of it.
    """
    frame: FrameType | None = start
    for _ in range(_FRAMES_OF_OTHERS):
        if frame is None or id(frame.f_code) in loads_object:
            break
        frame = frame.f_back
    if frame is None or id(frame.f_code) not in loads_object:
        return None
    local = frame.f_locals
    instance = local["instance"]
    mark = getattr(instance._state, KEY, None)
    if mark is None or mark.model is not type(instance):
        query._orm_insight = built_for_relation(frame, query)
        return None
    load: ObjectLoad | None = mark.loads.get(id(local["self"]))
    if load is None:
        built = query._orm_insight = built_for_relation(frame, query)
        if built.relation is None or query.select_related:
            return None
        of_object = Mark(built, query.model, mark, built.relation)
        of_object.count = 1
        load = ObjectLoad(built, of_object, instance._meta.pk.attname)
        mark.loads[id(local["self"])] = load
    parent = hash((id(instance), instance.__dict__.get(load.key)))
    query._orm_insight = load.built
    query._orm_insight_parent = parent
    return load, parent


def built_for_relation(frame: FrameType, query: Any) -> Built:
    """Read from the frame of a descriptor or a related manager which relation is loaded."""
    local, code = frame.f_locals, id(frame.f_code)
    owner = local["self"]
    instance = local["instance"] if code in loads_object else owner.instance
    key = instance.__dict__.get(instance._meta.pk.attname)
    query._orm_insight_parent = hash((id(instance), key))
    return Built(
        query.__dict__.get("model"),
        None,
        relation_named(type(instance), _names[code](owner)),
        getattr(instance._state, KEY, None),
        len(getattr(owner, "core_filters", ())),
    )


def declare_relations() -> list[str]:
    """Give code that loads relations its role; return the names that this Django does not have."""
    missing: list[str] = []
    described: Any = related_descriptors
    # A model with a generic relation has imported this module, which needs its app installed.
    generic: Any = sys.modules.get("django.contrib.contenttypes.fields")
    one = ("fetch_one", "__get__")
    generic_key: Any = getattr(generic, "GenericForeignKeyDescriptor", object)  # since Django 6.1
    for owner, methods, path in (
        (described.ForwardManyToOneDescriptor, ("get_object",), "field.name"),
        (described.ReverseOneToOneDescriptor, one, "related.accessor_name"),
        (DeferredAttribute, one, "field.attname"),
        (getattr(generic, "GenericForeignKey", object), ("__get__",), "name"),
        (generic_key, one, "field.name"),
    ):
        for function in filter(None, map(vars(owner).get, methods)):
            _declare(function.__code__, path)
            loads_object.add(id(function.__code__))
    accessor, cache = "field.remote_field.accessor_name", "prefetch_cache_name"
    for module, kind, name, path in (
        (described, "reverse_many_to_one", "get_queryset", accessor),
        (described, "forward_many_to_many", "get_queryset", cache),
        (described, "forward_many_to_many", "constrained_target", cache),  # it counts this
        (generic, "generic_related", "get_queryset", cache),
    ):
        factory = getattr(module, f"create_{kind}_manager", None)
        code = None if factory is None else _method_of_manager(factory.__code__, name)
        if code is not None:
            _declare(code, path)
        elif factory is not None:
            missing.append(f"{factory.__name__}.{name}")
    return missing


def _method_of_manager(factory: CodeType, name: str) -> CodeType | None:
    """A method of the class that a factory of related managers makes, from its constants."""
    for constant in factory.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name:
                return constant
            if (found := _method_of_manager(constant, name)) is not None:
                return found
    return None


def _declare(code: CodeType, path: str) -> None:
    _names[id(code)] = attrgetter(path)
    declare(code, Role.RELATION)


# -- attributes of models that lead to further data, looked up once each ----------------------

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
        is_accessor = isinstance(field, ForeignObjectRel) and name == field.get_accessor_name()
        if is_accessor or name == field.name:
            return _describe(model, field, _kind(field))
        if name == getattr(field, "attname", None):
            return _describe(model, field, "deferred")
    return None


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
