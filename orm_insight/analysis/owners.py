"""The code for a class for which a library builds the queryset: what its body has to say."""

from __future__ import annotations

from textwrap import indent

from orm_insight.model.trace import Owner, ResultSet

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
    if owner.kind in _CHOICES:
        lines = [f"field.queryset = field.queryset.{fix}"]
        return code_of_choices(owner, [*lines, CHOICES_ONCE] if is_repeated else lines)
    return ""


CHOICES_ONCE = "field.choices = list(field.choices)"
"""Evaluates the choices of a form field when the class of the form is made, for all its forms."""


def code_of_choices(owner: Owner, lines: list[str]) -> str:
    """A method that changes ``field``, whose choices the queryset gives."""
    if owner.kind == "formfield":
        return _in_admin(owner, lines)
    if owner.kind == "serializer":
        return _in_serializer(owner, lines)
    if owner.kind == "form" and owner.is_view:
        return _in_view(owner, lines)
    return _in_form(owner, lines)


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


def names_to_select(source: ResultSet, lookup: str) -> tuple[str, ...]:
    """What ``select_related()`` must name at the origin for ``lookup`` to be joined as well.

    Names replace what a call without names joins, and what a ``ModelAdmin`` would join by itself.
    """
    is_replaced = source.selects_all or (source.owner and source.owner.kind == "changelist")
    names = (*source.selected, lookup) if is_replaced else (lookup,)
    return tuple(
        name
        for name in dict.fromkeys(names)
        if not any(other.startswith(f"{name}__") for other in names)
    )
