"""Forms: the labels of choices, whose queryset is the field's or made from the model."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from orm_insight.capture.lineage import KEY
from tests.places import tools
from tests.places.models import Album
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [pytest.mark.django_db, seeded_by(fill_shop)]
check_noop = partial(tools.check_noop, "forms")
check_hint = partial(tools.check_hint, "forms")
LABEL = "models.py :: ({self.label.name})"


LIBRARY = """
from django import forms
from tests.places.models import Album

class AlbumForm(forms.ModelForm):
    class Meta:
        model = Album
        fields = ["artist"]
"""


def of_album(url: str) -> str:
    return url.format(Album.objects.order_by("pk").first().pk)


# -- no hint ----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/good/", "/change-many/", "/producers/"])
def test_noop(url: str) -> None:
    check_noop(url)


# -- fields with a queryset -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "mark"),
    [
        ("/choose/", "# <choose>"),
        ("/choose-many/", "# <choose many>"),
        ("/late/", "# <late>"),
        ("/change-declared/{}/", "# <declared>"),
    ],
)
def test_field_with_a_queryset(url: str, mark: str) -> None:
    check_hint(
        of_album(url),
        code="ORM101",
        model="places.Artist",
        lookup="label",
        fix='select_related("label")',
        site=LABEL,
        origin=mark,
    )


# -- fields made from the model ---------------------------------------------------------------


def test_form_of_a_model() -> None:
    check_hint(
        of_album("/change/{}/"),
        model="places.Artist",
        lookup="label",
        fix="def __init__(self, *args, **kwargs):\n"
        "    super().__init__(*args, **kwargs)\n"
        '    field = self.fields["artist"]\n'
        '    field.queryset = field.queryset.select_related("label")',
        site=LABEL,
        origin="class AlbumForm(",
    )


def test_form_of_a_model_used_by_a_function() -> None:
    check_hint("/function/", lookup="label", site=LABEL, origin="class OtherForm(")


def test_form_that_a_view_makes() -> None:
    check_hint(
        of_album("/change-fields/{}/"),
        lookup="label",
        fix="def get_form(self, form_class=None):\n"
        "    form = super().get_form(form_class)\n"
        '    field = form.fields["artist"]\n'
        '    field.queryset = field.queryset.select_related("label")\n'
        "    return form",
        site=LABEL,
        origin="class ChangeFields(",
    )


@pytest.mark.parametrize(
    ("url", "form", "origin"),
    [
        ("/change-init/{}/", "self", "class InitForm("),
        ("/change-own/{}/", "form", "# <own form>"),
    ],
)
def test_method_that_is_there_already(url: str, form: str, origin: str) -> None:
    """It is to be completed, another of its name would take its place."""
    hint = check_hint(
        of_album(url),
        lookup="label",
        fix=f'field = {form}.fields["artist"]\n'
        'field.queryset = field.queryset.select_related("label")',
        certain=False,
        site=LABEL,
        origin=origin,
        apply=False,
    )
    assert "at the end of" in hint.message


# -- formsets ---------------------------------------------------------------------------------


def test_formset_with_a_queryset() -> None:
    check_hint(
        of_album("/tracks/{}/"),
        model="places.Track",
        lookup="composer",
        fix='select_related("composer")',
        site="templates/places/formset.html :: form.instance.composer.name",
        origin="# <tracks>",
    )


def test_formset_of_all() -> None:
    """Its queryset is made where the formset is."""
    check_hint(
        of_album("/tracks-of-all/{}/"),
        model="places.Track",
        lookup="composer",
        fix='queryset=Track.objects.select_related("composer")',
        site="templates/places/formset.html :: form.instance.composer.name",
        origin="# <all>",
    )


def test_list_or_404() -> None:
    check_hint(
        "/list/",
        model="places.Album",
        lookup="artist",
        fix='Album.objects.select_related("artist")',
        site="templates/places/artists.html :: album.artist.name",
        origin="# <list>",
    )


@pytest.mark.parametrize(
    ("url", "lookup", "site", "mark"),
    [
        (
            "/early-list/",
            "artist",
            "templates/places/artists.html :: album.artist.name",
            "# <early queryset>",
        ),
        ("/choose-early/", "label", LABEL, "# <early choice>"),
        ("/change-early/{}/", "label", LABEL, "class EarlyForm("),
    ],
)
def test_imported_before_other_applications_are_ready(
    url: str, lookup: str, site: str, mark: str
) -> None:
    check_hint(of_album(url), lookup=lookup, site=site, origin=f"admin.py :: {mark}", apply=False)


def test_form_of_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its class statement runs below the line that imports it, which is no place to change it."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "shelved_forms.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(folder)
    form = import_module("shelved_forms").AlbumForm
    built = form.base_fields["artist"].queryset.query.__dict__.get(KEY)
    assert built is None or built.site is None
