"""The code for a class for which a library builds the queryset: what its body has to say."""

from __future__ import annotations

from textwrap import indent

from orm_insight.model.trace import Owner, Query, ResultSet

_CHOICES = ("formfield", "form", "serializer")


def code_in_class(source: ResultSet, owner: Owner, fix: str, *, is_repeated: bool = False) -> str:
    """What to write into the class so that its queryset is followed by ``fix``.

    ``is_repeated`` says that the queryset of a field's choices was evaluated several times.
    """
    if owner.kind == "view":
        return f"queryset = {source.model.rpartition('.')[2]}.{owner.manager}.{fix}"
    if owner.kind == "changelist" and fix.startswith("select_related("):
        names = fix.removeprefix("select_related(").removesuffix(")")
        return f"list_select_related = [{names}]"
    if owner.kind in ("changelist", "admin"):
        return f"def get_queryset(self, request):\n    return super().get_queryset(request).{fix}"
    if owner.kind == "filter":
        return _filter(source, owner, fix)
    if owner.kind in _CHOICES:
        lines = [f"field.queryset = field.queryset.{fix}"]
        return code_of_choices(owner, [*lines, CHOICES_ONCE] if is_repeated else lines)
    return ""


CHOICES_ONCE = "field.choices = list(iter(field.choices))"
"""Evaluates the choices of a form field when the class of the form is made, for all its forms.

Without ``iter()``, ``list()`` asks for their number first, with a statement of its own.
"""


def code_of_choices(owner: Owner, lines: list[str]) -> str:
    """A method that changes ``field``, whose choices the queryset gives."""
    if owner.kind == "formfield":
        return _in_admin(owner, lines)
    if owner.kind == "serializer":
        return _in_serializer(owner, lines)
    if owner.kind == "form" and owner.is_view:
        return _in_view(owner, lines)
    return _in_form(owner, lines)


def advice_in_class(source: ResultSet) -> str:
    """What the code is about, where a library has several querysets for the class."""
    owner = source.owner
    if owner is None or not owner.field:
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
    made = "" if owner.name else " Django makes the form at this line: write it into its class."
    return f" These are the choices of the field {owner.field}.{made}"


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


def _in_admin(owner: Owner, lines: list[str]) -> str:
    method = f"formfield_for_{'manytomany' if owner.is_many else 'foreignkey'}"
    return "\n".join(
        (
            f"def {method}(self, db_field, request, **kwargs):",
            f"    field = super().{method}(db_field, request, **kwargs)",
            f'    if db_field.name == "{owner.field}":',
            indent("\n".join(lines), " " * 8),
            "    return field",
        )
    )


def _in_serializer(owner: Owner, lines: list[str]) -> str:
    field = f'fields["{owner.field}"]'
    return "\n".join(
        (
            "def get_fields(self):",
            "    fields = super().get_fields()",
            f"    field = {field}.child_relation" if owner.is_many else f"    field = {field}",
            indent("\n".join(lines), " " * 4),
            "    return fields",
        )
    )


def _in_view(owner: Owner, lines: list[str]) -> str:
    return "\n".join(
        (
            "def get_form(self, form_class=None):",
            "    form = super().get_form(form_class)",
            f'    field = form.fields["{owner.field}"]',
            indent("\n".join(lines), " " * 4),
            "    return form",
        )
    )


def _in_form(owner: Owner, lines: list[str]) -> str:
    return "\n".join(
        (
            "def __init__(self, *args, **kwargs):",
            "    super().__init__(*args, **kwargs)",
            f'    field = self.fields["{owner.field}"]',
            indent("\n".join(lines), " " * 4),
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
