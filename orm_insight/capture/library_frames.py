"""Reads from the frames of a library which class of the application it serves.

Such a class is a generic view, a ``ModelAdmin``, a form of a model, a serializer or a GraphQL type.
The fix of a query is written into that class, and depends on what the library was about to do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import itemgetter
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias

from orm_insight.capture.lineage import Site

_FILES = ("/django/views/generic/", "/django/contrib/admin/", "/rest_framework/")
_FORM = "/django/forms/models.py"
_FORMSETS = ("BaseModelFormSet.get_queryset", "BaseInlineFormSet.__init__")

Place: TypeAlias = tuple[type, str]
"""A class, and the name of something that it declares."""
IsApplication: TypeAlias = Callable[[str], bool]


def _file_of(code: CodeType) -> str:
    return code.co_filename.replace("\\", "/")


def is_owner(code: CodeType) -> bool:
    """Return whether this code builds querysets for a class of the application."""
    if code.co_varnames[:1] == ("self",) and any(part in _file_of(code) for part in _FILES):
        return True
    return is_graphql(code) or makes_form_field(code) or _taker_of(code) is not None


def _taker_of(code: CodeType) -> str | None:
    """The name for code that takes a model or a queryset: the caller may pass the latter."""
    file = _file_of(code)
    if file.endswith(_FORM) and code.co_qualname in _FORMSETS:
        return "formset"
    if file.endswith("/django/shortcuts.py") and code.co_name == "_get_queryset":
        return "shortcut"
    return None


def makes_form_field(code: CodeType) -> bool:
    """Return whether this code gives the form of a model its fields."""
    return code.co_name == "fields_for_model" and _file_of(code).endswith(_FORM)


def site_for(
    inner: FrameType,
    outer: FrameType | None,
    site: Site | None,
    model: Any,
    is_application: IsApplication,
) -> Site | None:
    """The place to change for a queryset of ``model`` that a library has built.

    ``inner`` is the first frame that runs the library's code, ``outer`` the one at which the stack
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
    # A line that several classes inherit is no place to change one of them.
    if _is_inherited(outer, inner):
        return _class_for(inner, None, model, is_application) or site
    return site


def _class_for(
    inner: FrameType, outer: FrameType | None, model: Any, is_application: IsApplication
) -> Site | None:
    """The class, its role in the library, and the field that chooses from the queryset, if any."""
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
    """Return whether the application's line stands in a base class, which others may share."""
    instance = inner.f_locals.get("self")
    if instance is None or line.f_locals.get("self") is not instance:
        return False
    return line.f_code.co_qualname.rpartition(".")[0] != type(instance).__qualname__


def _is_imported(inner: FrameType, outer: FrameType) -> bool:
    """Return whether a library's form is made because the application's line imports its module."""
    frame = inner.f_back
    while frame is not None and frame is not outer:
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


def _is_for(instance: Any, model: Any) -> bool:
    """Return whether a view or an admin is about this model, and does not just also ask for it."""
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


# -- declarations that a library serves -------------------------------------------------------
#
# A field of a serializer, a column of the admin, a field of a GraphQL type: between the view and
# the statement no line of the application runs, so that a person would look at the declaration.


class _Reader(NamedTuple):
    """A way to read frames: ``key`` cheaply tells two declarations apart, ``places`` finds the
    declaration, and those around it."""

    key: Callable[[Any], Any]
    places: Callable[[Any], list[Place]]


def is_place(code: CodeType) -> bool:
    """Return whether the frames of this code serve a declaration."""
    return _reader_of(code) is not None


def key_at(frame: FrameType) -> Any:
    """A key that differs if frames of the same code serve something else."""
    known = _readers.get(id(frame.f_code))
    return None if known is None else known[1].key(frame.f_locals)


def place_at(frame: FrameType, is_application: IsApplication) -> Place | None:
    """The declaration that this frame serves; ``None`` if it is not the application's."""
    code = frame.f_code
    if id(code) not in _readers:
        if (reader := _reader_of(code)) is None:
            return None
        _readers[id(code)] = code, reader
    reader = _readers[id(code)][1]
    found = reader.places(frame.f_locals)
    return next((place for place in found if is_of_application(place[0], is_application)), None)


def is_of_application(cls: type, is_application: IsApplication) -> bool:
    """Return whether the class statement stands in a file of the application."""
    module = sys.modules.get(cls.__module__)
    return is_application(getattr(module, "__file__", None) or "<unknown>")


def serializer_fields(local: Any) -> list[Place]:
    """The field of a serializer, and those in which that serializer is nested."""
    field = local["self"]
    found: list[Place] = []
    while (parent := getattr(field, "parent", None)) is not None:
        # Lists stand between a field and its serializer, and hold a field without a name.
        if field.field_name and hasattr(parent, "get_fields"):
            found.append((type(parent), field.field_name))
        field = parent
    return found


def graphql_fields(local: Any) -> list[Place]:
    """The field of a Strawberry or Graphene type; both libraries run on graphql-core."""
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
    """Return whether this is graphql-core's code that resolves and completes a field."""
    is_field = code.co_qualname.startswith("ExecutionContext.execute_field")
    return is_field and "/graphql/execution/" in _file_of(code)


def _serializer_key(local: Any) -> Any:
    field = local["self"]
    parent = getattr(field, "parent", None)
    return getattr(field, "field_name", None), type(parent), getattr(parent, "field_name", None)


def _columns(local: Any) -> list[Place]:
    return [(type(local["cl"].model_admin), local["field_name"])]


def _readonly_fields(local: Any) -> list[Place]:
    contents = local["self"]
    return [(type(contents.model_admin), contents.field["name"])]


_SERIALIZERS = tuple(
    f"/rest_framework/{name}.py" for name in ("fields", "relations", "serializers")
)
_SERIALIZER = _Reader(_serializer_key, serializer_fields)
_GRAPHQL = _Reader(graphql_fields, graphql_fields)
_ADMIN = {
    "items_for_result": ("/admin_list.py", _Reader(itemgetter("field_name"), _columns)),
    "AdminReadonlyField.contents": ("/helpers.py", _Reader(_readonly_fields, _readonly_fields)),
}
"""By the qualified name of a function: its file."""
_readers: dict[int, tuple[CodeType, _Reader]] = {}
"""By id of the code, which is held so that no other gets its id."""


def _reader_of(code: CodeType) -> _Reader | None:
    file = _file_of(code)
    if code.co_varnames[:1] == ("self",) and file.endswith(_SERIALIZERS):
        return _SERIALIZER
    ending, reader = _ADMIN.get(code.co_qualname, ("", None))
    if reader is not None and file.endswith(ending):
        return reader
    return _GRAPHQL if is_graphql(code) else None
