"""The admin's list: columns, ``list_select_related`` and what is there of it already."""

from __future__ import annotations

from functools import partial
from typing import Any

import django
import pytest
from django.test import Client

from tests.places import tools
from tests.places.models import Album
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [
    pytest.mark.django_db,
    seeded_by(fill_shop),
    pytest.mark.filterwarnings("ignore:Setting ModelAdmin.list_select_related"),
]


@pytest.fixture
def check_noop(admin_client: Client) -> Any:
    return partial(tools.check_noop, "backoffice", client=admin_client)


@pytest.fixture
def check_hint(admin_client: Client) -> Any:
    return partial(tools.check_hint, "backoffice", client=admin_client)


# -- no hint ----------------------------------------------------------------------------------


def test_noop_good(check_noop: Any) -> None:
    check_noop("/good/places/album/?q=Album")


def test_noop_plain_list(check_noop: Any) -> None:
    check_noop("/string/places/album/")


# -- a hint -----------------------------------------------------------------------------------


def test_method_of_the_admin(check_hint: Any) -> None:
    check_hint(
        "/method/places/album/",
        code="ORM101",
        model="places.Album",
        lookup="artist__label",
        fix='list_select_related = ["artist__label"]',
        site="# <method>",
        origin="class MethodAdmin(",
    )


def test_property_of_the_model(check_hint: Any) -> None:
    check_hint(
        "/property/places/album/",
        lookup="artist",
        fix='list_select_related = ["artist"]',
        site="models.py :: by {self.artist.name}",
        origin="class PropertyAdmin(",
    )


def test_str_of_the_model(check_hint: Any) -> None:
    check_hint(
        "/tracks/places/track/",
        model="places.Track",
        lookup="composer",
        fix='list_select_related = ["composer"]',
        site="models.py :: by {self.composer.name}",
        origin="class TrackAdmin(",
    )


def test_column_that_is_a_nullable_foreign_key(check_hint: Any) -> None:
    """Since Django 6.1 the list joins its columns also where they may be null."""
    if django.VERSION >= (6, 1):
        check_hint(
            "/nullable/places/album/",
            lookup="artist__label",
            fix='list_select_related = ["producer", "artist__label"]',
            site="models.py :: ({self.label.name})",
        )
    else:
        check_hint(
            "/nullable/places/album/",
            lookup="producer",
            fix='list_select_related = ["artist__label", "producer"]',
            site="# <producer column>",
            origin="class NullableAdmin(",
        )


def test_column_that_is_a_path(check_hint: Any) -> None:
    check_hint(
        "/path/places/album/",
        lookup="producer",
        fix='list_select_related = ["producer"]',
        site="# <path column>",
        origin="class PathAdmin(",
    )


@pytest.mark.filterwarnings("ignore:Calling select_related")
def test_list_select_related_is_true(check_hint: Any) -> None:
    check_hint(
        "/two/places/album/",
        lookup="producer",
        fix='list_select_related = ["artist__label", "producer"]',
        site="# <two>",
        origin="class TwoAdmin(",
    )


def test_list_select_related_is_a_tuple(check_hint: Any) -> None:
    check_hint(
        "/tuple/places/album/",
        lookup="artist__label",
        fix='list_select_related = ["artist__label"]',
        site="models.py :: return self.artist.label.name",
        origin="class TupleAdmin(",
    )


def test_get_queryset(check_hint: Any) -> None:
    check_hint(
        "/own/places/album/",
        lookup="artist",
        fix='select_related("artist")',
        site="models.py :: by {self.artist.name}",
        origin="# <own>",
    )


def test_get_queryset_beside_list_select_related(check_hint: Any) -> None:
    """The joins of get_queryset() take the place of what list_select_related says."""
    check_hint(
        "/own-list/places/album/",
        lookup="producer",
        fix='select_related("artist", "producer")',
        site="# <own list>",
        origin="# <own list queryset>",
    )


def test_sets(check_hint: Any) -> None:
    check_hint(
        "/sets/places/album/",
        code="ORM102",
        lookup="genres",
        fix="def get_queryset(self, request):\n"
        '    return super().get_queryset(request).prefetch_related("genres")',
        site="# <sets>",
        origin="class SetsAdmin(",
    )


def test_action(check_hint: Any) -> None:
    keys = list(Album.objects.values_list("pk", flat=True))
    check_hint(
        lambda client: client.post(
            "/action/places/album/", {"action": "announce", "_selected_action": keys}
        ),
        lookup="artist",
        fix='list_select_related = ["artist"]',
        site="# <action>",
        origin="class ActionAdmin(",
    )


def test_autocomplete(check_hint: Any) -> None:
    url = "/search/autocomplete/?app_label=places&model_name=album&field_name=artist&term="
    check_hint(
        url,
        model="places.Artist",
        lookup="label",
        fix="def get_queryset(self, request):\n"
        '    return super().get_queryset(request).select_related("label")',
        site="models.py :: ({self.label.name})",
        origin="class ArtistAdmin(",
    )


def test_get_queryset_of_a_base_class(check_hint: Any) -> None:
    check_hint(
        "/derived/places/album/",
        lookup="artist",
        fix='list_select_related = ["artist"]',
        site="models.py :: by {self.artist.name}",
        origin="class DerivedAdmin(",
    )


def test_page_that_asks_before_it_deletes(check_hint: Any) -> None:
    """The tracks are no matter of the album's admin."""
    hint = check_hint(
        f"/string/places/album/{Album.objects.order_by('pk').first().pk}/delete/",
        model="places.Track",
        lookup="composer",
        certain=False,
        site="models.py :: by {self.composer.name}",
        apply=False,
    )
    assert (hint.origin, hint.fix) == (None, "")
