"""The admin's forms: rows of inlines, fields with choices, filters and what is edited in a list."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client

from tests.places import tools
from tests.places.models import Album
from tests.places.pasting import fixed_project
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [
    pytest.mark.django_db,
    seeded_by(fill_shop),
    pytest.mark.filterwarnings("ignore:Setting ModelAdmin.list_select_related"),
]
LABEL = "models.py :: ({self.label.name})"
CHOICES = """\
def formfield_for_foreignkey(self, db_field, request, **kwargs):
    field = super().formfield_for_foreignkey(db_field, request, **kwargs)
    if db_field.name == "{0}":
        field.queryset = field.queryset.select_related("label")
    return field"""


@pytest.fixture
def check_noop(admin_client: Client) -> Any:
    return partial(tools.check_noop, "backoffice", client=admin_client)


@pytest.fixture
def check_hint(admin_client: Client) -> Any:
    return partial(tools.check_hint, "backoffice", client=admin_client)


def change(name: str) -> str:
    return f"/{name}/places/album/{Album.objects.order_by('pk').first().pk}/change/"


# -- no hint ----------------------------------------------------------------------------------


def test_noop_form_without_choices(check_noop: Any) -> None:
    check_noop(change("raw"))


def test_noop_autocomplete(check_noop: Any) -> None:
    check_noop(change("search"))


# -- a hint -----------------------------------------------------------------------------------


def test_rows_of_an_inline(check_hint: Any) -> None:
    check_hint(
        change("inline"),
        code="ORM101",
        model="places.Track",
        lookup="composer",
        fix="def get_queryset(self, request):\n"
        '    return super().get_queryset(request).select_related("composer")',
        site="models.py :: by {self.composer.name}",
        origin="class TrackInline(",
    )


def test_choices_of_a_foreign_key(check_hint: Any) -> None:
    check_hint(
        change("form"),
        model="places.Artist",
        lookup="label",
        fix=CHOICES.format("artist"),
        site=LABEL,
        origin="class FormAdmin(",
    )


def test_choices_of_a_foreign_key_with_a_queryset(check_hint: Any) -> None:
    check_hint(
        change("own-field"),
        lookup="label",
        fix='select_related("label")',
        site=LABEL,
        origin="# <own field>",
    )


def test_method_that_is_there_already(check_hint: Any) -> None:
    check_hint(
        change("own-method"),
        lookup="label",
        fix='if db_field.name == "artist":\n'
        '    field.queryset = field.queryset.select_related("label")',
        certain=False,
        site=LABEL,
        origin="# <own method>",
        apply=False,
    )


def test_labels_of_a_filter(check_hint: Any, admin_client: Client) -> None:
    url = "/filtered/places/album/"
    hint = check_hint(
        url,
        model="places.Artist",
        lookup="label",
        certain=False,
        site=LABEL,
        origin="class FilteredAdmin(",
        apply=False,
    )
    assert 'List the filter in list_filter as ("artist", ArtistFilter)' in hint.message
    named = f'{hint.fix}\nlist_filter = ["released", ("artist", ArtistFilter)]'
    project = fixed_project("backoffice", tools.with_fix(hint, named))
    report, _ = tools.visit(project, tools.get(url), admin_client)
    assert report.hints == ()


def test_choices_for_each_row_of_an_inline(check_hint: Any) -> None:
    check_hint(
        change("composers"),
        lookup="label",
        fix=CHOICES.format("composer").replace(
            "    return field",
            "        field.choices = list(iter(field.choices))\n    return field",
        ),
        site=LABEL,
        origin="class ComposerInline(",
    )


def test_choices_for_each_row_of_a_list(check_hint: Any) -> None:
    check_hint(
        "/editable/places/album/",
        code="ORM501",
        fix=CHOICES.format("producer").replace(
            'field.queryset = field.queryset.select_related("label")',
            "field.choices = list(iter(field.choices))",
        ),
        site='list_display = ["title", "producer"]  # <editable>',
        origin="class EditableAdmin(",
    )


def test_choices_of_several_for_each_row_of_an_inline(check_hint: Any) -> None:
    check_hint(
        change("hits"),
        code="ORM501",
        fix="def formfield_for_manytomany(self, db_field, request, **kwargs):\n"
        "    field = super().formfield_for_manytomany(db_field, request, **kwargs)\n"
        '    if db_field.name == "charts":\n'
        "        field.choices = list(iter(field.choices))\n"
        "    return field",
        site="class HitInline(",
        origin="class HitInline(",
    )
