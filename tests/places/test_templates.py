"""Templates of both engines: the line of the template reads, the view's queryset is changed."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.places import tools
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [pytest.mark.django_db, seeded_by(fill_shop)]
check_noop = partial(tools.check_noop, "pages")
check_hint = partial(tools.check_hint, "pages")


# -- no hint ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "loop.html",
        "included.html",
        "extending.html",
        "with.html",
        "simple_tag.html",
        "filter.html",
        "regroup.html",
        "loop.jinja",
        "macro.jinja",
        "extending.jinja",
    ],
)
def test_noop(name: str) -> None:
    check_noop(f"/good/{name}")


# -- a hint -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "lookup", "site"),
    [
        ("loop.html", "artist", "templates/places/loop.html :: album.artist.name"),
        ("included.html", "artist__label", "templates/places/row.html :: album.artist.label"),
        ("with.html", "artist", "templates/places/with.html :: artist=album.artist"),
        ("condition.html", "producer", "templates/places/condition.html :: if album.producer"),
        ("simple_tag.html", "artist", "templatetags/shop.py :: # <simple tag>"),
        ("filter.html", "artist__label", "templatetags/shop.py :: # <filter>"),
        ("inclusion_tag.html", "producer", "templates/places/tag_album.html :: producer.name"),
        ("regroup.html", "artist__label", "templates/places/regroup.html :: by artist.label as"),
        ("loop.jinja", "artist", "jinja2/places/loop.jinja :: album.artist.name"),
        ("macro.jinja", "artist__label", "jinja2/places/macros.jinja :: album.artist.label"),
    ],
)
def test_foreign_key(name: str, lookup: str, site: str) -> None:
    check_hint(
        f"/albums/{name}",
        code="ORM101",
        model="places.Album",
        lookup=lookup,
        fix=f'select_related("{lookup}")',
        site=site,
        origin="# <shelf>",
    )


@pytest.mark.parametrize(
    ("name", "lookup", "site"),
    [
        (
            "extending.html",
            "tracks__composer",
            "templates/places/extending.html :: track.composer.name",
        ),
        ("included.jinja", "genres", "jinja2/places/row.jinja :: album.genres.all()"),
        (
            "extending.jinja",
            "tracks__composer",
            "jinja2/places/extending.jinja :: track.composer.name",
        ),
    ],
)
def test_sets(name: str, lookup: str, site: str) -> None:
    check_hint(
        f"/albums/{name}",
        model="places.Album",
        lookup=lookup,
        fix=f'prefetch_related("{lookup}")',
        site=site,
        origin="# <shelf>",
    )


def test_queryset_of_an_inclusion_tag() -> None:
    check_hint(
        "/empty/own_tag.html",
        model="places.Track",
        lookup="composer",
        fix='select_related("composer")',
        site="templates/places/tag_tracks.html :: track.composer.name",
        origin="templatetags/shop.py :: # <tag's queryset>",
        apply=False,
    )


def test_queryset_of_a_simple_tag() -> None:
    check_hint(
        "/empty/stored_tag.html",
        lookup="artist",
        site="templates/places/stored_tag.html :: album.artist.name",
        origin="templatetags/shop.py :: # <simple tag's queryset>",
        apply=False,
    )


def test_context_processor(settings: Any) -> None:
    engine = settings.TEMPLATES[0]
    name = "tests.places.projects.pages.processor"
    processors = [*engine["OPTIONS"]["context_processors"], name]
    settings.TEMPLATES = [{**engine, "OPTIONS": {"context_processors": processors}}]
    check_hint(
        "/empty/processed.html",
        lookup="artist",
        fix='select_related("artist")',
        site="templates/places/processed.html :: album.artist.name",
        origin="# <processor>",
        apply=False,
    )
