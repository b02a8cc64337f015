"""Facts about the project's models, as plain values read once from the app registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedSet:
    """A relation to several objects, as their side sees it.

    ``lookup`` leads from the related objects back, and is ``None`` if there is no such name.
    ``key`` is the field to which they refer; ``table`` and ``columns`` hold the reference.
    ``is_unique`` is false if the same object may be related twice, ``is_single`` is true if the
    reference is unique by itself. ``accessor`` is the attribute of an instance, which
    ``prefetch_related()`` takes as well.
    """

    lookup: str | None
    key: str
    table: str
    columns: tuple[str, ...]
    is_unique: bool = True
    is_single: bool = False
    accessor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model: ``label`` is ``blog.Post``, ``pk`` the primary key's field name.

    ``unique`` are the fields with unique values, except keys to other models. ``manager`` is the
    name of the default manager, ``module`` the one that defines the class, and ``file`` its file if
    it belongs to the application. ``names`` are taken: no new attribute may have one of them.
    ``ordering`` are the columns of ``Meta.ordering``, with a minus if descending, and ``?`` for
    anything that is no column of the model.
    """

    label: str
    name: str
    table: str
    pk: str
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column name to field name."""
    unique: frozenset[str] = frozenset()
    manager: str = "objects"
    names: frozenset[str] = frozenset()
    module: str = ""
    file: str = ""
    ordering: tuple[str, ...] = ()
    is_proxy: bool = False
    sets: Mapping[str, RelatedSet] = field(default_factory=dict)
    """Relations to several objects, by their name in lookups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All models by label, and the Django version that reads them."""

    models: Mapping[str, ModelFacts] = field(default_factory=dict)
    django_version: tuple[int, int] = (0, 0)

    @property
    def has_fetch_modes(self) -> bool:
        """Django 6.1 introduced ``QuerySet.fetch_mode()``."""
        return self.django_version >= (6, 1)
