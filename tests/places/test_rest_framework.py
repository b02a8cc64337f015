"""Django REST Framework: the serializer's field reads, the view's queryset is to be changed."""

from __future__ import annotations

from functools import partial

import pytest

from tests.places import tools
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [pytest.mark.django_db, seeded_by(fill_shop)]
check_noop = partial(tools.check_noop, "rest")
check_hint = partial(tools.check_hint, "rest")
html = partial(tools.get, headers={"accept": "text/html"})


# -- no hint ----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/good/", "/good-tracks/", "/track/", "/keys/?format=json"])
def test_noop_repaired(url: str) -> None:
    check_noop(url)


def test_noop_page_of_a_good_view() -> None:
    check_noop(html("/good/"))


# -- nested serializers -----------------------------------------------------------------------


def test_nested_serializers_of_a_viewset() -> None:
    check_hint(
        "/nested/",
        code="ORM101",
        model="places.Album",
        lookup="artist__label",
        fix='select_related("artist__label")',
        site="# <label>",
        origin="# <nested viewset>",
    )


def test_nested_sets_and_get_queryset() -> None:
    check_hint(
        "/tracks/",
        model="places.Album",
        lookup="tracks__composer",
        fix='prefetch_related("tracks__composer")',
        site="# <composer>",
        origin="# <tracks viewset>",
    )


def test_source_and_pagination() -> None:
    check_hint(
        "/paged/",
        lookup="artist__label",
        fix='select_related("artist__label")',
        site="# <source>",
        origin="# <paged viewset>",
    )


def test_field_of_a_base_serializer() -> None:
    check_hint("/derived/", lookup="producer", site="# <inherited>", origin="# <listing>")


def test_depth() -> None:
    check_hint("/depth/", lookup="producer", site="class DepthSerializer(", origin="# <listing>")


# -- related fields ---------------------------------------------------------------------------


def test_string_related_field() -> None:
    check_hint(
        "/string/",
        lookup="artist__label",
        site="models.py :: ({self.label.name})",
        origin="# <listing>",
    )
    check_hint("/producers/", lookup="producer", site="# <string>", origin="# <listing>")


def test_slug_related_field() -> None:
    check_hint("/slug/", lookup="producer", site="# <slug>", origin="# <listing>")


def test_keys_of_a_set() -> None:
    check_hint(
        "/genres/",
        code="ORM102",
        lookup="genres",
        fix='prefetch_related("genres")',
        site="class KeysSerializer(",
        origin="# <listing>",
    )


def test_hyperlinks_of_a_set() -> None:
    check_hint("/linked/", lookup="tracks", site="class LinkedSerializer(", origin="# <listing>")


def test_serializer_method_field() -> None:
    check_hint("/method/", lookup="artist", site="# <method field>", origin="# <listing>")


def test_list_serializer() -> None:
    check_hint("/shelf/", lookup="artist", site="# <shelf>", origin="# <listing>")


# -- views ------------------------------------------------------------------------------------


def test_view_that_calls_the_serializer() -> None:
    check_hint("/by-hand/", lookup="producer", site="# <string>", origin="# <by hand>")


def test_serializer_for_each_row() -> None:
    check_hint("/per-row/", lookup="artist__label", site="# <source>", origin="# <per row>")


def test_view_with_a_manager() -> None:
    check_hint(
        "/manager/",
        lookup="producer",
        fix='queryset = Album.objects.select_related("producer")',
        site="# <string>",
        origin="class ManagerList(",
    )


def test_form_of_the_browsable_page() -> None:
    check_hint(
        html("/declared/"),
        model="places.Artist",
        lookup="label",
        fix='select_related("label")',
        site="models.py :: ({self.label.name})",
        origin="# <choices>",
    )


def test_form_of_the_browsable_page_with_a_field_that_the_serializer_makes() -> None:
    check_hint(
        html("/keys/"),
        model="places.Artist",
        lookup="label",
        fix="def get_fields(self):\n"
        "    fields = super().get_fields()\n"
        '    field = fields["artist"]\n'
        '    field.queryset = field.queryset.select_related("label")\n'
        "    return fields",
        site="models.py :: ({self.label.name})",
        origin="class KeySerializer(",
    )
