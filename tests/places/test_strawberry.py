"""Strawberry: the field of the type reads, the resolver's queryset is to be changed."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from tests.places import tools

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shop")]
check_noop = partial(tools.check_noop, "graph")
check_hint = partial(tools.check_hint, "graph")
NESTED = "{ shelf { title artist { label { name } } } }"
SETS = "{ shelf { title tracks { composer { name } } } }"


def asked(query: str, url: str = "/sync/") -> tools.Ask:
    def ask(client: Client) -> Any:
        response = client.post(url, {"query": query}, content_type="application/json")
        return checked(response)

    return ask


def awaited(query: str, url: str = "/async/") -> tools.Ask:
    async def ask(client: Client) -> Any:
        body = json.dumps({"query": query})
        response = await AsyncClient().post(url, body, content_type="application/json")
        return checked(response)

    return async_to_sync(ask)


def checked(response: Any) -> Any:
    assert "errors" not in response.json(), response.json()
    return response


# -- no hint ----------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [NESTED, SETS, "{ albums { genres { name } } }"])
def test_noop_optimizer(query: str) -> None:
    check_noop(asked(query, "/optimized/"))
    check_noop(awaited(query, "/optimized-async/"))


# -- a hint -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [asked, awaited])
def test_nested_types(way: Any) -> None:
    check_hint(
        way(NESTED),
        code="ORM101",
        model="places.Album",
        lookup="artist__label",
        fix='select_related("artist__label")',
        site="# <label>",
        origin="# <shelf>",
    )


@pytest.mark.parametrize("way", [asked, awaited])
def test_sets(way: Any) -> None:
    check_hint(
        way(SETS),
        lookup="tracks__composer",
        fix='prefetch_related("tracks__composer")',
        site="# <composer>",
        origin="# <shelf>",
    )


def test_plain_field() -> None:
    check_hint(
        asked("{ plain { genres { name } } }"),
        code="ORM102",
        lookup="genres",
        fix='prefetch_related("genres")',
        site="# <genres>",
        origin="# <plain>",
    )


def test_resolver() -> None:
    check_hint(
        asked("{ shelf { credit } }"), lookup="artist", site="# <resolver>", origin="# <shelf>"
    )


@pytest.mark.parametrize("way", [asked, awaited])
def test_field_without_a_resolver(way: Any) -> None:
    hint = check_hint(
        way("{ albums { artist { name } } }"),
        model="places.Album",
        lookup="artist",
        site="# <artist>",
        origin="# <albums>",
        apply=False,
    )
    assert "optimizer" in hint.message
