"""The code for a class for which a library builds the queryset: what its body has to say."""

from __future__ import annotations

from typing import NamedTuple

from orm_insight.model.fix import (
    Argument,
    Assignment,
    Block,
    Call,
    Change,
    ClassBody,
    Code,
    Literal,
    Objects,
    Return,
    Statement,
    objects_of,
)
from orm_insight.model.provenance import Owner, ResultSet
from orm_insight.model.trace import Query

_CHOICES = ("formfield", "form", "serializer")
_TAKERS = {
    "view": "",
    "formset": " Pass the queryset to the formset.",
    "shortcut": " Pass the queryset instead of the model.",
}
CHOICES_ONCE = Assignment("field.choices", Code("list(iter(field.choices))"))
"""Evaluates the choices of a form field when the class of the form is made, for all its forms.

Without ``iter()``, ``list()`` asks for their number first, with a statement of its own.
"""


def change_in_class(
    source: ResultSet, owner: Owner, calls: tuple[Call, ...], *, is_repeated: bool = False
) -> Change | None:
    """The change of the class after which its queryset is followed by ``calls``.

    ``is_repeated`` says that the queryset of a field's choices was evaluated several times.
    """
    queryset = objects_of(source.model, owner.manager, *calls)
    match owner.kind:
        case "view":
            return ClassBody((Assignment("queryset", queryset),))
        case "formset" | "shortcut":
            return Argument("queryset" if owner.kind == "formset" else "", queryset)
        case "changelist" if [call.name for call in calls] == ["select_related"]:
            return ClassBody((Assignment("list_select_related", Literal(calls[0].texts)),))
        case "changelist" | "admin":
            return ClassBody((_get_queryset(calls),))
        case "filter":
            return ClassBody((_filter(queryset, owner),))
        case "graphql":
            return None
    changed = Assignment("field.queryset", Objects(Code("field.queryset"), calls))
    is_repeated = is_repeated and owner.kind == "formfield"
    return change_of_choices(owner, changed, *((CHOICES_ONCE,) if is_repeated else ()))


def _get_queryset(calls: tuple[Call, ...]) -> Block:
    queryset = Objects(Code("super().get_queryset(request)"), calls)
    head = "def get_queryset(self, request):"
    return Block(head, (Return(queryset),), method="get_queryset")


class _Method(NamedTuple):
    """A method that can change a field: how it begins, how it comes to the field, its end."""

    name: str
    head: str
    first: str
    field: str
    end: str = ""


_DB_FIELD = 'if db_field.name == "{}":'
_METHODS = {
    "formfield": _Method(
        "formfield_for_foreignkey",
        "def formfield_for_foreignkey(self, db_field, request, **kwargs):",
        "field = super().formfield_for_foreignkey(db_field, request, **kwargs)",
        _DB_FIELD,
        "return field",
    ),
    "formfields": _Method(
        "formfield_for_manytomany",
        "def formfield_for_manytomany(self, db_field, request, **kwargs):",
        "field = super().formfield_for_manytomany(db_field, request, **kwargs)",
        _DB_FIELD,
        "return field",
    ),
    "form": _Method(
        "__init__",
        "def __init__(self, *args, **kwargs):",
        "super().__init__(*args, **kwargs)",
        'field = self.fields["{}"]',
    ),
    "view": _Method(
        "get_form",
        "def get_form(self, form_class=None):",
        "form = super().get_form(form_class)",
        'field = form.fields["{}"]',
        "return form",
    ),
    "serializer": _Method(
        "get_fields",
        "def get_fields(self):",
        "fields = super().get_fields()",
        'field = fields["{}"]',
        "return fields",
    ),
    "serializers": _Method(
        "get_fields",
        "def get_fields(self):",
        "fields = super().get_fields()",
        'field = fields["{}"].child_relation',
        "return fields",
    ),
}


def _method_of(owner: Owner) -> _Method:
    if owner.is_view:
        return _METHODS["view"]
    is_many = owner.is_many and owner.kind != "form"
    return _METHODS[f"{owner.kind}s" if is_many else owner.kind]


def has_method(owner: Owner) -> bool:
    """Return whether the class already has the method that the statements belong into."""
    return not owner.name or _method_of(owner).name in owner.members


def change_of_choices(owner: Owner, *statements: Statement) -> ClassBody:
    """A method that changes ``field``, whose choices the queryset gives; or its statements."""
    method = _method_of(owner)
    head = method.field.format(owner.field)
    changed = Block(head, statements, is_indented=method.field is _DB_FIELD)
    if has_method(owner):
        return ClassBody((changed,), method=method.name)
    body = (Code(method.first), changed, *((Code(method.end),) if method.end else ()))
    return ClassBody((Block(method.head, body, method=method.name),))


def advice_in_class(source: ResultSet) -> str:
    """The sentence that tells which of a class's several querysets the code is about."""
    owner = source.owner
    if owner is None:
        return ""
    if owner.kind in _TAKERS:
        return _TAKERS[owner.kind]
    if not owner.field:
        return ""
    if owner.kind == "filter":
        return (
            f" The labels of the filter {owner.field} come from field_choices(). List the filter "
            f'in list_filter as ("{owner.field}", {_filter_name(owner)}).'
        )
    if owner.kind == "graphql":
        return (
            f" The field {owner.field} has no resolver: write one, or let a query optimizer for "
            "the schema add the lookups that the query needs."
        )
    where = f" Add it at the end of {_method_of(owner).name}()." if has_method(owner) else ""
    return f" These are the choices of the field {owner.field}.{where}"


def is_complete(owner: Owner) -> bool:
    """Return whether the class needs no other change next to this code."""
    if owner.kind in _CHOICES:
        return not has_method(owner)
    return owner.kind != "filter"


def _filter_name(owner: Owner) -> str:
    return "".join(part.title() for part in owner.field.split("_")) + "Filter"


def _filter(queryset: Objects, owner: Owner) -> Block:
    listed = (
        Assignment("objects", queryset),
        Code("return [(each.pk, str(each)) for each in objects]"),
    )
    method = Block("def field_choices(self, field, request, model_admin):", listed)
    head = f"class {_filter_name(owner)}(admin.RelatedFieldListFilter):"
    return Block(head, (method,), needs=frozenset({"admin"}))


def names_to_select(source: ResultSet, lookup: str, load: Query) -> tuple[str, ...]:
    """The names for ``select_related()`` at the origin, so that ``lookup`` is also joined.

    Names replace what a call without names joins. A ``ModelAdmin`` joins what its list needs only
    if ``get_queryset()`` has joined nothing.
    """
    is_list = any(frame.function == "items_for_result" for frame in load.frames)
    is_list = is_list or (source.owner is not None and source.owner.kind == "changelist")
    names = (*source.selected, lookup) if source.selects_all or is_list else (lookup,)
    return tuple(
        name
        for name in dict.fromkeys(names)
        if not any(other.startswith(f"{name}__") for other in names)
    )
