"""What a library serves that the application has declared: a field of a serializer, a column of
the admin, a field of a GraphQL type.

Between the view and the statement no line of the application runs there; the declaration is what
a person would look at. Read from the frame of the library that is told what it serves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias

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
