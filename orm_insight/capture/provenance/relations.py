"""Which frames of Django load a relation of an instance, and how to read which one from them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

from django.db.models import Model
from django.db.models.fields import related_descriptors
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.query_utils import DeferredAttribute

from orm_insight.capture.code_roles import Role, declare
from orm_insight.capture.lineage import KEY, Built, Mark, ObjectLoad
from orm_insight.model.provenance import Relation, RelationKind

_extractors: dict[int, Callable[[Any], tuple[Any, str]]] = {}
loads_object: set[int] = set()
"""Code that loads a single related object, or its columns: by id."""


_FRAMES_OF_OTHERS = 8
"""How far out a frame is looked for that is near by itself: other tools put theirs between."""


def object_load(query: Any, start: FrameType) -> tuple[ObjectLoad, int] | None:
    """What a query loads that is about to be executed, if that is a single related object, and
    a number that tells the instance apart to which it is related.

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
    """Read from a descriptor's or a related manager's frame which relation of what is loaded."""
    local = frame.f_locals
    instance, name = _extractors[id(frame.f_code)](local)
    key = instance.__dict__.get(instance._meta.pk.attname)
    query._orm_insight_parent = hash((id(instance), key))
    return Built(
        query.__dict__.get("model"),
        None,
        relation_named(type(instance), name),
        getattr(instance._state, KEY, None),
        len(getattr(local["self"], "core_filters", ())),
    )


def _from_forward(local: Any) -> tuple[Any, str]:
    return local["instance"], local["self"].field.name


def _from_reverse_one(local: Any) -> tuple[Any, str]:
    return local["instance"], local["self"].related.get_accessor_name()


def _from_deferred(local: Any) -> tuple[Any, str]:
    return local["instance"], local["self"].field.attname


def _from_generic_key(local: Any) -> tuple[Any, str]:
    return local["instance"], local["self"].name


def _from_reverse_many(local: Any) -> tuple[Any, str]:
    manager = local["self"]
    return manager.instance, manager.field.remote_field.get_accessor_name()


def _from_prefetch_name(local: Any) -> tuple[Any, str]:
    manager = local["self"]
    return manager.instance, manager.prefetch_cache_name


def declare_relations() -> list[str]:
    """Give that code its role; the names of what the running Django does not have."""
    missing: list[str] = []
    described = related_descriptors
    # Whoever defines a generic relation has imported this module; it needs its app installed.
    generic = sys.modules.get("django.contrib.contenttypes.fields")
    for owner, name, extract in (
        (described.ForwardManyToOneDescriptor, "get_object", _from_forward),
        (described.ReverseOneToOneDescriptor, "fetch_one", _from_reverse_one),
        (described.ReverseOneToOneDescriptor, "__get__", _from_reverse_one),
        (DeferredAttribute, "fetch_one", _from_deferred),
        (DeferredAttribute, "__get__", _from_deferred),
        (getattr(generic, "GenericForeignKey", object), "__get__", _from_generic_key),
        # Django 6.1 gave the field a descriptor of its own.
        (getattr(generic, "GenericForeignKeyDescriptor", object), "fetch_one", _from_forward),
        (getattr(generic, "GenericForeignKeyDescriptor", object), "__get__", _from_forward),
    ):
        if (function := owner.__dict__.get(name)) is not None:
            _declare(function.__code__, extract)
            loads_object.add(id(function.__code__))
    many_to_many = described.create_forward_many_to_many_manager
    for factory, name, extract in (
        (described.create_reverse_many_to_one_manager, "get_queryset", _from_reverse_many),
        (many_to_many, "get_queryset", _from_prefetch_name),
        (many_to_many, "constrained_target", _from_prefetch_name),  # what it counts
        (
            getattr(generic, "create_generic_related_manager", None),
            "get_queryset",
            _from_prefetch_name,
        ),
    ):
        if factory is None:
            continue
        code = _method_of_manager(factory.__code__, name)
        if code is None:
            missing.append(f"{factory.__name__}.{name}")
        else:
            _declare(code, extract)
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


def _declare(code: CodeType, extract: Callable[[Any], tuple[Any, str]]) -> None:
    _extractors[id(code)] = extract
    declare(code, Role.RELATION)


# Facts about a model's attributes that lead to further data, looked up once each.

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
