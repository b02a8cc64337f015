"""Classes of the application for which a library builds a queryset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

OwnerKind: TypeAlias = Literal[
    "view",
    "changelist",
    "admin",
    "formfield",
    "filter",
    "form",
    "formset",
    "shortcut",
    "serializer",
    "graphql",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The class for which a library builds a queryset, and what it is to that library.

    ``view`` is a generic view or a viewset; ``changelist`` a ``ModelAdmin`` that shows its list,
    ``admin`` one that does anything else, or an inline; ``formfield``, ``filter``, ``form`` and
    ``serializer`` choose ``field`` from the queryset's objects; ``graphql`` resolves it.
    ``formset`` and ``shortcut`` are no classes: a call that could be given the queryset.
    ``name`` is empty where the class is not known, ``members`` are the names in its body,
    ``manager`` the name of the model's default manager; ``is_many`` is true of a field that
    chooses several, ``is_view`` where the form is made by a view.
    """

    kind: OwnerKind
    name: str = ""
    field: str = ""
    members: frozenset[str] = frozenset()
    manager: str = "objects"
    is_many: bool = False
    is_view: bool = False
