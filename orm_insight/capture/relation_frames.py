"""Which frames of Django load a relation of an instance, and how to read which one from them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from django.db.models.fields import related_descriptors
from django.db.models.query_utils import DeferredAttribute

from orm_insight.capture.codes import Role, declare
from orm_insight.capture.lineage import Built, mark_of_instance
from orm_insight.capture.relations import relation_named

_extractors: dict[int, Callable[[Any], tuple[Any, str]]] = {}
_for_one_object: set[int] = set()
"""Of these the ones that load a single object or its columns."""


def is_for_one_object() -> bool:
    """Whether the query that is being made will load a single related object.

    Called where ``Query.__init__`` returns. Beyond it are ``QuerySet.__init__``, two methods of
    the manager and one that asks it, then the one that loads. Where an application's manager adds
    a method of its own the answer is no, and ``built_for_relation`` finds the relation.
    """
    try:
        return id(sys._getframe(6).f_code) in _for_one_object
    except ValueError:  # the stack is not so deep
        return False


def built_for_one_object(query: Any) -> Built | None:
    """Which relation of what is loaded by the query that is about to be executed, if it is one.

    Called where iterating over the rows begins. Beyond it are ``_fetch_all``, ``__len__`` and
    ``get`` of the queryset, then the method that loads, perhaps with another one between.
    """
    if getattr(query, "select_related", False):
        return None
    try:
        frame: FrameType | None = sys._getframe(5)
    except ValueError:  # the stack is not so deep
        return None
    for _ in range(3):
        if frame is None:
            break
        if id(frame.f_code) in _for_one_object:
            return built_for_relation(frame, query.model)
        frame = frame.f_back
    return None


def built_for_relation(frame: FrameType, model: Any) -> Built:
    """Read from a descriptor's or a related manager's frame which relation of what is loaded."""
    local = frame.f_locals
    instance, name = _extractors[id(frame.f_code)](local)
    return Built(
        model,
        None,
        relation_named(type(instance), name),
        mark_of_instance(instance),
        hash((id(instance), instance.__dict__.get(instance._meta.pk.attname))),
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
            _for_one_object.add(id(function.__code__))
    for factory, extract in (
        (described.create_reverse_many_to_one_manager, _from_reverse_many),
        (described.create_forward_many_to_many_manager, _from_prefetch_name),
        (getattr(generic, "create_generic_related_manager", None), _from_prefetch_name),
    ):
        if factory is None:
            continue
        code = _method_of_manager(factory.__code__, "get_queryset")
        if code is None:
            missing.append(f"{factory.__name__}.get_queryset")
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
