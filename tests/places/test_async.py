"""Asynchronous views: what runs in a thread belongs to the coroutine that waits for it."""

from __future__ import annotations

from functools import partial

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import AsyncClient, Client

from tests.places import tools

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shop")]
check_noop = partial(tools.check_noop, "logic")
check_hint = partial(tools.check_hint, "logic")


def asked(url: str) -> tools.Ask:
    """Through ASGI."""

    async def ask(client: Client) -> object:
        response = await AsyncClient().get(url)
        if response.streaming:
            return HttpResponse(b"".join([part async for part in response]))
        return response

    return async_to_sync(ask)


# -- no hint ----------------------------------------------------------------------------------


def test_noop_loop() -> None:
    check_noop(asked("/good-loop/"))


def test_noop_stream() -> None:
    report = check_noop(asked("/stream-async/"))
    assert len(report.queries) == 1


# -- a hint -----------------------------------------------------------------------------------


def test_helper_in_a_thread() -> None:
    check_hint(
        asked("/loop/"),
        code="ORM101",
        lookup="artist",
        fix='select_related("artist")',
        site="# <in a thread>",
        origin="# <async shelf>",
    )


def test_everything_in_a_thread() -> None:
    check_hint(
        asked("/threaded/"),
        lookup="artist",
        site="models.py :: by {self.artist.name}",
        origin="# <all in a thread>",
    )


def test_sets() -> None:
    check_hint(
        asked("/async-sets/"),
        code="ORM102",
        lookup="genres",
        fix='prefetch_related("genres")',
        site="# <in>",
        origin="# <async sets>",
    )


def test_lookups() -> None:
    check_hint(asked("/looked-up/"), code="ORM204", site="# <aget>", apply=False)


def test_view_under_wsgi() -> None:
    check_hint("/loop/", lookup="artist", site="# <in a thread>", origin="# <async shelf>")


def test_stream() -> None:
    check_hint("/stream/", lookup="artist", site="# <streamed>", origin="# <of shop>")
