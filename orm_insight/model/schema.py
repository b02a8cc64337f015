"""Facts about the project's models, as plain values read once from the app registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model: ``label`` is ``blog.Post``, ``pk`` the primary key's field name."""

    label: str
    name: str
    table: str
    pk: str
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column name to field name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All models by label, and the Django version that reads them."""

    models: Mapping[str, ModelFacts] = field(default_factory=dict)
    django_version: tuple[int, int] = (0, 0)

    @property
    def has_fetch_modes(self) -> bool:
        """Django 6.1 introduced ``QuerySet.fetch_mode()``."""
        return self.django_version >= (6, 1)
