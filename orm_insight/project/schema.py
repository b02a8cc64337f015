"""Reads facts about the project's models from Django's app registry, as plain values."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import django
from django.apps import apps
from django.core.signals import setting_changed
from django.db.models import ManyToManyRel, ManyToOneRel, Model
from django.db.models.signals import class_prepared

from orm_insight.capture.code_roles import is_application
from orm_insight.model.schema import ModelFacts, RelatedSet, Schema


@cache
def read_schema() -> Schema:
    """All models, also proxies and the tables of many-to-many fields.

    The schema is kept until a further model is made or ``INSTALLED_APPS`` changes.
    """
    models = apps.get_models(include_auto_created=True, include_swapped=True)
    return Schema(
        models={model._meta.label: _read_model(model) for model in models},
        django_version=(django.VERSION[0], django.VERSION[1]),
    )


def _read_model(model: type[Model]) -> ModelFacts:
    options = model._meta
    return ModelFacts(
        label=options.label,
        name=model.__name__,
        table=options.db_table,
        pk=options.pk.name,
        # Inherited fields come first, so that a column of the model's own table wins.
        columns={field.column: field.name for field in options.concrete_fields if field.column},
        unique=frozenset(
            field.name
            for field in options.concrete_fields
            if field.unique and not field.remote_field
        ),
        manager=options.default_manager.name if options.default_manager else "objects",
        module=model.__module__,
        file=_application_file(model.__module__),
        is_proxy=options.proxy,
        ordering=tuple(_ordered_column(options, name) for name in options.ordering or ()),
        names=frozenset(dir(model)).union(*map(_names, options.get_fields())),
        sets={
            field.name: found
            for field in options.get_fields()
            if (found := _read_set(model, field)) is not None
        },
    )


def _application_file(module: str) -> str:
    """The file of a module, if it belongs to the application and not to a library."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return file if isinstance(file, str) and is_application(file) else ""


def _ordered_column(options: Any, name: Any) -> str:
    """The column of an entry of ``Meta.ordering``; ``?`` for expressions and other tables."""
    if not isinstance(name, str):
        return "?"
    minus = "-" if name.startswith("-") else ""
    plain = name.removeprefix("-")
    fields = {"pk": options.pk, **{field.name: field for field in options.concrete_fields}}
    field = fields.get(plain)
    return "?" if field is None or field.remote_field else f"{minus}{field.column}"


def _names(field: Any) -> set[str]:
    return {field.name, getattr(field, "attname", field.name)}


def _read_set(model: type[Model], field: Any) -> RelatedSet | None:
    """Facts about a reverse foreign key, a many-to-many relation or a generic relation."""
    if field.many_to_many:
        return _read_many_to_many(model, field)
    if isinstance(field, ManyToOneRel) and field.one_to_many:
        return _read_reverse_foreign_key(model, field)
    if field.one_to_many and hasattr(field, "object_id_field_name"):
        return _read_generic_relation(field)
    return None


def _read_reverse_foreign_key(model: type[Model], relation: Any) -> RelatedSet | None:
    columns = tuple(field.column for field in relation.field.local_related_fields)
    keys = relation.field.foreign_related_fields
    if len(keys) != 1:
        return None
    return RelatedSet(
        lookup=relation.field.name,
        key=_key(model, keys[0]),
        table=relation.related_model._meta.db_table,
        columns=columns,
        accessor=relation.get_accessor_name() or "",
        is_single=relation.field.unique,
    )


def _read_many_to_many(model: type[Model], relation: Any) -> RelatedSet | None:
    """Facts about a field or its other side; keys other than the primary one are left alone."""
    is_reverse = isinstance(relation, ManyToManyRel)
    field = relation.field if is_reverse else relation
    near = field.model._meta.get_field(field.m2m_target_field_name())
    far = field.related_model._meta.get_field(field.m2m_reverse_target_field_name())
    if not (near.primary_key and far.primary_key):
        return None
    through = field.remote_field.through._meta
    return RelatedSet(
        lookup=field.name if is_reverse else _lookup_back(field),
        key=_key(model, far if is_reverse else near),
        table=through.db_table,
        columns=(field.m2m_reverse_name() if is_reverse else field.m2m_column_name(),),
        is_unique=bool(through.auto_created),
    )


def _read_generic_relation(field: Any) -> RelatedSet:
    related = field.related_model._meta
    names = (field.content_type_field_name, field.object_id_field_name)
    return RelatedSet(
        lookup=_lookup_back(field),
        key="pk",
        table=related.db_table,
        columns=tuple(related.get_field(name).column for name in names),
    )


def _key(model: type[Model], target: Any) -> str:
    """The name of the field in a query of ``model``; a child's primary key is not its parent's."""
    name: str = target.name
    return "pk" if target is model._meta.pk else name


def _lookup_back(field: Any) -> str | None:
    name: str = field.related_query_name()
    return None if field.remote_field.hidden or "+" in name else name


def _forget(*, setting: str = "INSTALLED_APPS", **_: Any) -> None:
    if setting == "INSTALLED_APPS":
        read_schema.cache_clear()


class_prepared.connect(_forget, dispatch_uid="orm_insight_schema")
setting_changed.connect(_forget, dispatch_uid="orm_insight_schema")
