"""Generic views: the queryset is the class's, or made by the view from its model."""

from __future__ import annotations

from functools import partial

import pytest

from tests.places import tools
from tests.places.models import Album
from tests.places.pasting import fixed_project, patched_project
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [pytest.mark.django_db, seeded_by(fill_shop)]
check_noop = partial(tools.check_noop, "generic")
check_hint = partial(tools.check_hint, "generic")
LOOP = "templates/places/artists.html :: album.artist.name"


# -- no hint ----------------------------------------------------------------------------------


def test_noop_queryset_with_a_join() -> None:
    check_noop("/good/")


def test_noop_detail_with_a_prefetch() -> None:
    check_noop(f"/good-detail/{Album.objects.first().pk}/")


def test_noop_day_with_one_album() -> None:
    check_noop("/day/2020/1/2/")


# -- a hint -----------------------------------------------------------------------------------


def test_two_relations_are_one_assignment() -> None:
    """The second would take the place of the first: each hint has the whole of it."""
    ask = tools.get("/sleeves/")
    report, content = tools.visit("tests.places.projects.generic", ask)
    assert {hint.lookup for hint in report.hints} == {"artist", "sleeve"}
    [fix] = {hint.fix for hint in report.hints}
    assert fix == 'queryset = Album.objects.select_related("artist", "sleeve")'
    for way in (fixed_project, patched_project):
        fixed, same = tools.visit(way("generic", report.hints[0]), ask)
        assert (fixed.hints, same) == ((), content)


def test_model() -> None:
    check_hint(
        "/list/",
        code="ORM101",
        model="places.Album",
        lookup="artist",
        fix='queryset = Album.objects.select_related("artist")',
        site=LOOP,
        origin="class AlbumList(",
    )


def test_model_with_order_and_pages() -> None:
    check_hint(
        "/paged/",
        lookup="artist__label",
        fix='queryset = Album.objects.select_related("artist__label")',
        site="models.py :: return self.artist.label.name",
        origin="class PagedList(",
    )


def test_queryset_of_the_class() -> None:
    check_hint(
        "/queryset/",
        lookup="artist",
        fix='select_related("artist")',
        site=LOOP,
        origin='queryset = Album.objects.order_by("pk")',
    )


def test_get_queryset() -> None:
    check_hint(
        "/method/", lookup="artist", fix='select_related("artist")', site=LOOP, origin="# <method>"
    )


def test_get_queryset_that_asks_the_view() -> None:
    check_hint(
        "/super/",
        lookup="artist",
        fix='select_related("artist")',
        site=LOOP,
        origin='return super().get_queryset().order_by("pk")',
    )


def test_base_class_of_the_project() -> None:
    check_hint(
        "/derived/",
        lookup="artist",
        fix='queryset = Album.objects.select_related("artist")',
        site=LOOP,
        origin="class DerivedList(",
    )


def test_method_of_a_manager() -> None:
    check_hint(
        "/managed/",
        lookup="artist",
        fix='select_related("artist")',
        site=LOOP,
        origin="models.py :: # <on sale>",
        apply=False,
    )


def test_detail_with_a_set() -> None:
    check_hint(
        f"/detail/{Album.objects.first().pk}/",
        model="places.Album",
        lookup="tracks__composer",
        fix='queryset = Album.objects.prefetch_related("tracks__composer")',
        site="models.py :: by {self.composer.name}",
        origin="class AlbumDetail(",
    )


def test_archives() -> None:
    check_hint(
        "/year/2020/",
        lookup="artist",
        fix='queryset = Album.objects.select_related("artist")',
        site=LOOP,
        origin="class Year(",
    )
    Album.objects.update(released="2020-01-01")
    check_hint("/day/2020/1/1/", lookup="artist", site=LOOP, origin="class Day(")
    check_hint(
        f"/day/2020/1/1/{Album.objects.first().pk}/",
        lookup="tracks__composer",
        site="models.py :: by {self.composer.name}",
        origin="class DayDetail(",
    )


def test_get_queryset_of_a_base_class() -> None:
    check_hint(
        "/released/",
        lookup="artist",
        fix='queryset = Album.objects.select_related("artist")',
        site=LOOP,
        origin="class ReleasedAlbums(",
    )


def test_view_without_a_class() -> None:
    hint = check_hint("/without-class/", lookup="artist", certain=False, site=LOOP, apply=False)
    assert (hint.origin, hint.fix) == (None, "")
