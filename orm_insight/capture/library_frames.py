"""Which class of the application stands for a queryset that a library builds on its behalf.

A generic view, a ``ModelAdmin``, a form of a model, a serializer, a GraphQL type: the fix is
written into that class, and what it must say depends on what the library was about to do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias

from orm_insight.capture.lineage import Site

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


def site_for(
    inner: FrameType,
    outer: FrameType | None,
    site: Site | None,
    model: Any,
    is_application: IsApplication,
) -> Site | None:
    """Hints for a queryset of ``model`` that a library has built.

    ``inner`` is the first frame that runs the library's code, ``outer`` the one where the stack
    ends, with its ``site`` if it is a line of the application.
    """
    if outer is None or site is None:
        return _class_for(inner, outer, model, is_application)
    if len(site) == 1:  # a template's node
        return site
    taker = _taker_of(inner.f_code)
    if taker is not None:
        return *site, taker, None, False
    if (field := field_of(inner)) is not None:
        kind = "form" if makes_form_field(inner.f_code) else "formfield"
        is_imported = _is_imported(inner, outer)
        return None if is_imported else (*site, kind, field.name, bool(field.many_to_many))
    # A line that several classes inherit is not where one of them is to be changed.
    if _is_inherited(outer, inner):
        return _class_for(inner, None, model, is_application) or site
    return site


def _class_for(
    inner: FrameType, outer: FrameType | None, model: Any, is_application: IsApplication
) -> Site | None:
    """The class, what it is to the library, and the field for which the queryset is, if for one."""
    field = field_of(inner)
    found: Site | None = None
    frame: FrameType | None = inner
    while frame is not None and frame is not outer:
        if is_owner(frame.f_code):
            if found is None:
                found = _read(frame.f_locals, field, model, is_application)
            elif found[1] == "admin" and _is_change_list(frame.f_locals.get("self")):
                return found[0], "changelist", None, False
        frame = frame.f_back
    return found


def _is_inherited(line: FrameType, inner: FrameType) -> bool:
    """Whether the application's line stands in a base class, to which other classes belong too."""
    instance = inner.f_locals.get("self")
    if instance is None or line.f_locals.get("self") is not instance:
        return False
    return line.f_code.co_qualname.rpartition(".")[0] != type(instance).__qualname__


def _is_imported(inner: FrameType, outer: FrameType) -> bool:
    """Whether a library's own form is made, while the application's line imports its module."""
    frame = inner.f_back
    while frame is not None and frame is not outer:
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


def _is_for(instance: Any, model: Any) -> bool:
    """Whether a view or an admin is about this model, and not just asks for it as well."""
    own = getattr(instance, "model", None) or getattr(
        getattr(instance, "queryset", None), "model", None
    )
    if own is None or model is None:  # a subquery for a check has none
        return False
    return bool(own._meta.concrete_model is model._meta.concrete_model)


def _is_change_list(instance: Any) -> bool:
    return any(cls.__name__ == "ChangeList" for cls in type(instance).__mro__)


def field_of(frame: FrameType) -> Any:
    """The model's field for which a form field is made, whose choices the queryset gives."""
    local = frame.f_locals
    return local.get("f" if makes_form_field(frame.f_code) else "db_field")


def _read(local: Any, field: Any, model: Any, is_application: IsApplication) -> Site | None:
    instance = local.get("self")
    kind = _kind_of(instance)
    if kind is not None:
        if field is not None:
            is_many = bool(getattr(field, "many_to_many", False))
            return type(instance), "form" if kind == "view" else "formfield", field.name, is_many
        return (type(instance), kind, None, False) if _is_for(instance, model) else None
    if (model_admin := local.get("model_admin")) is not None and hasattr(instance, "title"):
        return type(model_admin), "filter", getattr(instance, "field_path", None), False
    return None if instance is None else _declared(local, is_application)


def _kind_of(instance: Any) -> str | None:
    if hasattr(instance, "formfield_for_foreignkey"):  # a ModelAdmin, or an inline of one
        return "admin"
    return "view" if hasattr(type(instance), "as_view") else None


def _declared(local: Any, is_application: IsApplication) -> Site | None:
    is_many = hasattr(getattr(local["self"], "parent", None), "child_relation")
    for kind, read in (("serializer", serializer_fields), ("graphql", graphql_fields)):
        for cls, name in read(local):
            if is_of_application(cls, is_application):
                return cls, kind, name, is_many
    return None


# What a library serves that the application has declared: a field of a serializer, a column of
# the admin, a field of a GraphQL type.
#
# Between the view and the statement outside your code runs there; the declaration is what
# a person would look at. Read from the frame of the library that is told what it serves.

Place: TypeAlias = tuple[type, str]
"""A class, and the name of what it declares."""
IsApplication: TypeAlias = Callable[[str], bool]


class _Reader(NamedTuple):
    """How to read a frame: ``key`` cheaply tells two things served apart, ``places`` finds the
    declaration, and those around it."""

    key: Callable[[Any], Any]
    places: Callable[[Any], list[Place]]


def is_place(code: CodeType) -> bool:
    """Whether the frames of this code serve something declared."""
    return _reader_of(code) is not None


def key_at(frame: FrameType) -> Any:
    """Differs where frames of the same code serve something else."""
    known = _readers.get(id(frame.f_code))
    return None if known is None else known[1].key(frame.f_locals)


def place_at(frame: FrameType, is_application: IsApplication) -> Place | None:
    """What this frame serves; ``None`` where it is nothing of the application."""
    code = frame.f_code
    if id(code) not in _readers:
        if (reader := _reader_of(code)) is None:
            return None
        _readers[id(code)] = code, reader
    reader = _readers[id(code)][1]
    found = reader.places(frame.f_locals)
    return next((place for place in found if is_of_application(place[0], is_application)), None)


def is_of_application(cls: type, is_application: IsApplication) -> bool:
    """Whether the class statement stands in a file of the application."""
    module = sys.modules.get(cls.__module__)
    return is_application(getattr(module, "__file__", None) or "<unknown>")


def serializer_fields(local: Any) -> list[Place]:
    """The field of a serializer, and those in which that serializer is nested."""
    field = local["self"]
    found: list[Place] = []
    while (parent := getattr(field, "parent", None)) is not None:
        # Lists stand between a field and its serializer; what they repeat has no name.
        if field.field_name and hasattr(parent, "get_fields"):
            found.append((type(parent), field.field_name))
        field = parent
    return found


def graphql_fields(local: Any) -> list[Place]:
    """Of a type of Strawberry or of Graphene, which both run on graphql-core."""
    info = local.get("info")
    if info is None:
        return []
    parent, name = info.parent_type, info.field_name
    if (cls := getattr(parent, "graphene_type", None)) is not None:
        plain = name.lower()
        return [(cls, next((n for n in cls._meta.fields if n.replace("_", "") == plain), name))]
    definition = parent.extensions.get("strawberry-definition")
    field = parent.fields[name].extensions.get("strawberry-definition")
    return [] if definition is None else [(definition.origin, getattr(field, "python_name", name))]


def is_graphql(code: CodeType) -> bool:
    """Whether this is graphql-core's code that resolves and completes a field."""
    return code.co_qualname.startswith("ExecutionContext.execute_field") and (
        "/graphql/execution/" in code.co_filename.replace("\\", "/")
    )


def _serializer_key(local: Any) -> Any:
    field = local["self"]
    parent = getattr(field, "parent", None)
    return getattr(field, "field_name", None), type(parent), getattr(parent, "field_name", None)


def _is_serializer(code: CodeType) -> bool:
    file = code.co_filename.replace("\\", "/")
    return code.co_varnames[:1] == ("self",) and file.endswith(
        (
            "/rest_framework/fields.py",
            "/rest_framework/relations.py",
            "/rest_framework/serializers.py",
        )
    )


def _columns(local: Any) -> list[Place]:
    return [(type(local["cl"].model_admin), local["field_name"])]


def _is_list_of_admin(code: CodeType) -> bool:
    file = code.co_filename.replace("\\", "/")
    return code.co_name == "items_for_result" and file.endswith("/admin_list.py")


def _readonly_fields(local: Any) -> list[Place]:
    contents = local["self"]
    return [(type(contents.model_admin), contents.field["name"])]


def _is_readonly_field(code: CodeType) -> bool:
    file = code.co_filename.replace("\\", "/")
    return code.co_qualname == "AdminReadonlyField.contents" and file.endswith("/helpers.py")


_READERS: tuple[tuple[Callable[[CodeType], bool], _Reader], ...] = (
    (_is_serializer, _Reader(_serializer_key, serializer_fields)),
    (_is_list_of_admin, _Reader(lambda local: local["field_name"], _columns)),
    (_is_readonly_field, _Reader(lambda local: local["self"].field["name"], _readonly_fields)),
    (is_graphql, _Reader(graphql_fields, graphql_fields)),
)
_readers: dict[int, tuple[CodeType, _Reader]] = {}
"""By id of the code, which is held so that no other gets its id."""


def _reader_of(code: CodeType) -> _Reader | None:
    return next((reader for fits, reader in _READERS if fits(code)), None)
