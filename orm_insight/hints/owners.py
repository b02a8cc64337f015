"""The code for a class for which a library builds the queryset: what its body has to say."""

from __future__ import annotations

from textwrap import indent
from typing import NamedTuple

from orm_insight.model.provenance import Owner, ResultSet
from orm_insight.model.trace import Query

_CHOICES = ("formfield", "form", "serializer")
_TAKERS = {
    "view": ("queryset = ", ""),
    "formset": ("queryset=", " Pass the queryset to the formset."),
    "shortcut": ("", " Pass the queryset in the place of the model."),
}


def code_in_class(source: ResultSet, owner: Owner, fix: str, *, is_repeated: bool = False) -> str:
    """What to write into the class so that its queryset is followed by ``fix``.

    ``is_repeated`` says that the queryset of a field's choices was evaluated several times.
    """
    queryset = f"{source.model.rpartition('.')[2]}.{owner.manager}.{fix}"
    if owner.kind in _TAKERS:
        return _TAKERS[owner.kind][0] + queryset
    if owner.kind == "changelist" and fix.startswith("select_related("):
        names = fix.removeprefix("select_related(").removesuffix(")")
        return f"list_select_related = [{names}]"
    if owner.kind in ("changelist", "admin"):
        return f"def get_queryset(self, request):\n    return super().get_queryset(request).{fix}"
    if owner.kind == "filter":
        return _filter(source, owner, fix)
    if owner.kind in _CHOICES:
        is_repeated = is_repeated and owner.kind == "formfield"
        lines = [f"field.queryset = field.queryset.{fix}"]
        return code_of_choices(owner, [*lines, CHOICES_ONCE] if is_repeated else lines)
    return ""


CHOICES_ONCE = "field.choices = list(iter(field.choices))"
"""Evaluates the choices of a form field when the class of the form is made, for all its forms.

Without ``iter()``, ``list()`` asks for their number first, with a statement of its own.
"""


class _Method(NamedTuple):
    """A method that can change a field: what begins it, how it comes to the field, its end."""

    name: str
    begin: str
    field: str
    end: str = ""


_METHODS = {
    "formfield": _Method(
        "formfield_for_foreignkey",
        "def formfield_for_foreignkey(self, db_field, request, **kwargs):\n"
        "    field = super().formfield_for_foreignkey(db_field, request, **kwargs)",
        'if db_field.name == "{}":',
        "    return field",
    ),
    "formfields": _Method(
        "formfield_for_manytomany",
        "def formfield_for_manytomany(self, db_field, request, **kwargs):\n"
        "    field = super().formfield_for_manytomany(db_field, request, **kwargs)",
        'if db_field.name == "{}":',
        "    return field",
    ),
    "form": _Method(
        "__init__",
        "def __init__(self, *args, **kwargs):\n    super().__init__(*args, **kwargs)",
        'field = self.fields["{}"]',
    ),
    "view": _Method(
        "get_form",
        "def get_form(self, form_class=None):\n    form = super().get_form(form_class)",
        'field = form.fields["{}"]',
        "    return form",
    ),
    "serializer": _Method(
        "get_fields",
        "def get_fields(self):\n    fields = super().get_fields()",
        'field = fields["{}"]',
        "    return fields",
    ),
    "serializers": _Method(
        "get_fields",
        "def get_fields(self):\n    fields = super().get_fields()",
        'field = fields["{}"].child_relation',
        "    return fields",
    ),
}


def _method_of(owner: Owner) -> _Method:
    if owner.is_view:
        return _METHODS["view"]
    is_many = owner.is_many and owner.kind != "form"
    return _METHODS[f"{owner.kind}s" if is_many else owner.kind]


def has_method(owner: Owner) -> bool:
    """Whether there is such a method already, into which the statements are to be written."""
    return not owner.name or _method_of(owner).name in owner.members


def code_of_choices(owner: Owner, lines: list[str]) -> str:
    """A method that changes ``field``, whose choices the queryset gives; or its statements."""
    method = _method_of(owner)
    field = method.field.format(owner.field)
    deeper = "    " if field.endswith(":") else ""
    statements = "\n".join((field, *(deeper + line for line in lines)))
    if has_method(owner):
        return statements
    parts = (method.begin, indent(statements, "    "), method.end)
    return "\n".join(part for part in parts if part)


def advice_in_class(source: ResultSet) -> str:
    """What the code is about, where a library has several querysets for the class."""
    owner = source.owner
    if owner is None:
        return ""
    if owner.kind in _TAKERS:
        return _TAKERS[owner.kind][1]
    if not owner.field:
        return ""
    if owner.kind == "filter":
        return (
            f" The labels of the filter {owner.field} come from field_choices(); name the filter "
            f'in list_filter as ("{owner.field}", {_filter_name(owner)}).'
        )
    if owner.kind == "graphql":
        return (
            f" The field {owner.field} has no resolver: give it one, or let an optimizer of the "
            "schema add what the query asks for."
        )
    where = f" Write it at the end of {_method_of(owner).name}()." if has_method(owner) else ""
    return f" These are the choices of the field {owner.field}.{where}"


def is_complete(owner: Owner) -> bool:
    """Whether the code for the class needs nothing beside it."""
    if owner.kind in _CHOICES:
        return not has_method(owner)
    return owner.kind != "filter"


def _filter_name(owner: Owner) -> str:
    return "".join(part.title() for part in owner.field.split("_")) + "Filter"


def _filter(source: ResultSet, owner: Owner, fix: str) -> str:
    model = source.model.rpartition(".")[2]
    return "\n".join(
        (
            f"class {_filter_name(owner)}(admin.RelatedFieldListFilter):",
            "    def field_choices(self, field, request, model_admin):",
            f"        objects = {model}.{owner.manager}.{fix}",
            "        return [(each.pk, str(each)) for each in objects]",
        )
    )


def names_to_select(source: ResultSet, lookup: str, load: Query) -> tuple[str, ...]:
    """What ``select_related()`` must name at the origin for ``lookup`` to be joined as well.

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
