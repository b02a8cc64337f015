"""Properties, managers, querysets of the project's own, signals and middleware."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.places import tools
from tests.places.models import Album, Ticket
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [pytest.mark.django_db, seeded_by(fill_shop)]
check_noop = partial(tools.check_noop, "logic")
check_hint = partial(tools.check_hint, "logic")
CREDIT = "models.py :: by {self.artist.name}"


# -- no hint ----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/good/", "/one/"])
def test_noop(url: str) -> None:
    check_noop(url)


# -- a hint -----------------------------------------------------------------------------------


def test_property() -> None:
    check_hint(
        "/properties/",
        code="ORM101",
        model="places.Album",
        lookup="artist",
        fix='select_related("artist")',
        site=CREDIT,
        origin="# <properties>",
    )


def test_cached_property() -> None:
    check_hint(
        "/cached/",
        lookup="artist__label",
        fix='select_related("artist__label")',
        site="models.py :: return self.artist.label.name",
        origin="# <cached>",
    )


def test_property_that_reads_a_set() -> None:
    check_hint(
        "/sets/",
        code="ORM102",
        lookup="tracks",
        fix='prefetch_related("tracks")',
        site="models.py :: for track in self.tracks.all()",
        origin="# <sets>",
    )


def test_queryset_class() -> None:
    check_hint("/custom/", lookup="artist", site=CREDIT, origin="# <custom>")


def test_method_of_a_manager() -> None:
    check_hint(
        "/managed/", lookup="artist", site=CREDIT, origin="models.py :: # <on sale>", apply=False
    )


@pytest.mark.parametrize(
    ("url", "lookup", "site", "origin"),
    [
        ("/hits/", "album", "# <hits>", "# <hits>"),
        ("/hits-of-albums/", "hits", "# <each hit>", "# <hits of albums>"),
        ("/hits-of-genres/", "hits", "# <each of genre>", "# <hits of genres>"),
        ("/charts/", "charts", "# <each chart>", "# <charts>"),
        (
            "/hit-list/",
            "album",
            "templates/places/hits.html :: hit.album.title",
            "class HitList(",
        ),
    ],
)
def test_manager_with_a_queryset_of_its_own(url: str, lookup: str, site: str, origin: str) -> None:
    """A line that every query comes by is not the line where one of them is built."""
    check_hint(url, lookup=lookup, site=site, origin=origin)


def test_signal_of_loaded_instances() -> None:
    Ticket.objects.bulk_create(Ticket(album=album) for album in Album.objects.all())
    hint = check_hint("/initialised/", code="ORM205", site="models.py :: # <remember>", apply=False)
    assert hint.fix == ""  # what a join brings is not there yet


def test_middleware(settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.places.projects.logic.ShopMiddleware"]
    check_hint(
        "/short/", lookup="artist", site="# <middleware>", origin="# <middleware>", apply=False
    )
