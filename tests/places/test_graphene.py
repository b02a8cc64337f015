"""Graphene: the type reads, the resolver's queryset is to be changed."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client

from tests.places import tools
from tests.places.shop import fill_shop
from tests.seeding import seeded_by

pytestmark = [pytest.mark.django_db, seeded_by(fill_shop)]
check_noop = partial(tools.check_noop, "graphene_shop")
check_hint = partial(tools.check_hint, "graphene_shop")


def asked(query: str) -> tools.Ask:
    def ask(client: Client) -> Any:
        response = client.post("/", {"query": query}, content_type="application/json")
        assert "errors" not in response.json(), response.json()
        return response

    return ask


# -- no hint ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    ["artist { label { name } }", "tracks { composer { name } }", "genres { name }"],
)
def test_noop(fields: str) -> None:
    check_noop(asked(f"{{ good {{ {fields} producerName }} }}"))


# -- a hint -----------------------------------------------------------------------------------


def test_nested_types() -> None:
    check_hint(
        asked("{ shelf { title artist { label { name } } } }"),
        code="ORM101",
        model="places.Album",
        lookup="artist__label",
        fix='select_related("artist__label")',
        site="class Artist(",
        origin="# <shelf>",
    )


def test_sets() -> None:
    check_hint(
        asked("{ shelf { title genres { name } } }"),
        code="ORM102",
        lookup="genres",
        fix='prefetch_related("genres")',
        site="class Album(",
        origin="# <shelf>",
    )


def test_sets_and_their_relations() -> None:
    check_hint(
        asked("{ shelf { tracks { composer { name } } } }"),
        lookup="tracks__composer",
        fix='prefetch_related("tracks__composer")',
        site="class Track(",
        origin="# <shelf>",
    )


def test_resolver() -> None:
    check_hint(
        asked("{ shelf { producerName } }"),
        lookup="producer",
        site="# <resolver>",
        origin="# <shelf>",
    )


def test_declared_field() -> None:
    check_hint(
        asked("{ shelf { artist { name } } }"),
        lookup="artist",
        site="class Album(",
        origin="# <shelf>",
    )


def test_field_without_a_resolver() -> None:
    check_hint(
        asked("{ allAlbums { artist { name } } }"),
        model="places.Album",
        lookup="artist",
        site="class Album(",
        origin="# <all albums>",
        apply=False,
    )
