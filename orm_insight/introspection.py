"""Reads facts about the project's models from Django's app registry, as plain values."""

from __future__ import annotations

from functools import cache
from typing import Any

import django
from django.apps import apps
from django.core.signals import setting_changed
from django.db.models import Model
from django.db.models.signals import class_prepared

from orm_insight.model.schema import ModelFacts, Schema


@cache
def read_schema() -> Schema:
    """All models, proxies and the tables behind many-to-many fields included.

    Kept until a further model is made or ``INSTALLED_APPS`` changes.
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
    )


def _forget(**_: Any) -> None:
    read_schema.cache_clear()


def _forget_on_other_apps(*, setting: str, **_: Any) -> None:
    if setting == "INSTALLED_APPS":
        read_schema.cache_clear()


class_prepared.connect(_forget, dispatch_uid="orm_insight_schema")
setting_changed.connect(_forget_on_other_apps, dispatch_uid="orm_insight_schema")
