"""Which class of the application stands for a queryset that a library builds on its behalf.

A generic view, a ``ModelAdmin``, a form of a model, a serializer, a GraphQL type: the fix is
written into that class, and what it must say depends on what the library was about to do.
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any

from orm_insight.capture.lineage import Site
from orm_insight.capture.places import (
    IsApplication,
    graphql_fields,
    is_graphql,
    is_of_application,
    serializer_fields,
)

_FILES = ("/django/views/generic/", "/django/contrib/admin/", "/rest_framework/")
_FORM = "/django/forms/models.py"
_FORMSETS = ("BaseModelFormSet.get_queryset", "BaseInlineFormSet.__init__")


def is_owner(code: CodeType) -> bool:
    """Whether this code builds querysets for a class of the application."""
    file = code.co_filename.replace("\\", "/")
    if code.co_varnames[:1] == ("self",) and any(part in file for part in _FILES):
        return True
    return is_graphql(code) or makes_form_field(code) or _taker_of(code) is not None


def _taker_of(code: CodeType) -> str | None:
    """What this code is if it takes a model for want of a queryset: the caller may pass one."""
    file = code.co_filename.replace("\\", "/")
    if file.endswith(_FORM) and code.co_qualname in _FORMSETS:
        return "formset"
    if file.endswith("/django/shortcuts.py") and code.co_name == "_get_queryset":
        return "shortcut"
    return None


def makes_form_field(code: CodeType) -> bool:
    """Whether this code gives the form of a model its fields."""
    return code.co_name == "fields_for_model" and code.co_filename.replace("\\", "/").endswith(
        _FORM
    )


def owner_site(
    inner: FrameType, outer: FrameType | None, is_application: IsApplication
) -> Site | None:
    """The class, what it is to the library, and the field for which the queryset is, if for one.

    ``inner`` is the first frame that runs such code, ``outer`` the one where the stack ends.
    """
    field = field_of(inner)
    found: Site | None = None
    frame: FrameType | None = inner
    while frame is not None and frame is not outer:
        if is_owner(frame.f_code):
            if found is None:
                found = _read(frame.f_locals, field, is_application)
            elif found[1] == "admin" and _is_change_list(frame.f_locals.get("self")):
                return found[0], "changelist", None, False
        frame = frame.f_back
    return found


def line_site(line: Site, inner: FrameType) -> Site:
    """A line of the application that had a library build the queryset, and for what."""
    if (field := field_of(inner)) is not None:
        kind = "form" if makes_form_field(inner.f_code) else "formfield"
        return *line, kind, field.name, bool(field.many_to_many)
    kind_of_taker = _taker_of(inner.f_code)
    return line if kind_of_taker is None else (*line, kind_of_taker, None, False)


def _is_change_list(instance: Any) -> bool:
    return any(cls.__name__ == "ChangeList" for cls in type(instance).__mro__)


def field_of(frame: FrameType) -> Any:
    """The model's field for which a form field is made, whose choices the queryset gives."""
    local = frame.f_locals
    return local.get("f" if makes_form_field(frame.f_code) else "db_field")


def _read(local: Any, field: Any, is_application: IsApplication) -> Site | None:
    instance = local.get("self")
    if instance is None:
        return None
    name, is_many = getattr(field, "name", None), bool(getattr(field, "many_to_many", False))
    if hasattr(instance, "formfield_for_foreignkey"):  # a ModelAdmin, or an inline of one
        return type(instance), "admin" if field is None else "formfield", name, is_many
    if (model_admin := local.get("model_admin")) is not None and hasattr(instance, "title"):
        return type(model_admin), "filter", getattr(instance, "field_path", None), False
    if hasattr(type(instance), "as_view"):
        return type(instance), "view" if field is None else "form", name, is_many
    is_many = hasattr(getattr(instance, "parent", None), "child_relation")
    for kind, read in (("serializer", serializer_fields), ("graphql", graphql_fields)):
        for cls, name in read(local):
            if is_of_application(cls, is_application):
                return cls, kind, name, is_many
    return None
