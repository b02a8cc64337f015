"""EXPLAIN from the panel: signed, gated, and by number only."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from orm_insight import insight
from orm_insight.explain.runner import cancellable
from tests.panel.toolbar import content_of
from tests.testapp.factories import make_library

ACTION = re.compile(r'formaction="([^"]+)"')
SIGNED = re.compile(r'name="signed" value="([^"]+)"')


@pytest.fixture
def client(transactional_db):
    """Sees committed data, as the connection of an EXPLAIN does; checks tokens as a server does."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def opened(client):
    """The panel of a page with books."""
    make_library(books=3)
    return content_of(client, client.get("/books/"))


def plan_of(client, opened, action):
    response = client.post(action, {"signed": SIGNED.search(opened)[1]})
    assert response.status_code == 200
    return response.json()["content"]


def test_query_is_explained_with_and_without_execution(client, opened):
    analyzed, explained = ACTION.findall(opened)[:2]

    assert "Measured plan" in plan_of(client, opened, analyzed)
    assert "Planned, not executed" in plan_of(client, opened, explained)


def test_explain_itself_is_not_kept(client, opened):
    kept = insight.recent()

    plan_of(client, opened, ACTION.search(opened)[1])

    assert insight.recent() == kept


def test_plan_offers_to_ask_again(client, opened):
    plan = plan_of(client, opened, ACTION.search(opened)[1])

    assert "Measured plan" in plan_of(client, plan, ACTION.search(plan)[1])


@pytest.mark.parametrize("signed", [{}, {"signed": "x"}, {"signed": "a:b"}])
def test_form_that_the_panel_has_not_made_is_refused(client, opened, signed):
    assert client.post(ACTION.search(opened)[1], signed).status_code == 400


def test_trace_id_alone_is_no_signature(client, opened):
    trace_id = insight.recent()[0].id

    assert client.post(ACTION.search(opened)[1], {"signed": trace_id}).status_code == 400


def test_only_post_explains(client, opened):
    assert client.get(ACTION.search(opened)[1]).status_code == 405


def test_expired_trace_says_so(client, opened):
    insight.clear()

    assert "This trace has expired" in plan_of(client, opened, ACTION.search(opened)[1])


def test_query_out_of_range_is_no_failure(client, opened):
    action = reverse("djdt:orm_insight_explain", args=(4711,))

    assert "no such query" in plan_of(client, opened, action)


@pytest.mark.parametrize(
    "closed",
    [
        {"INTERNAL_IPS": []},
        {"ORM_INSIGHT": {"SHOW_CALLBACK": "tests.panel.urls.is_nobody"}},
        {"ORM_INSIGHT": {"EXPLAIN_ENABLED": False}},
    ],
    ids=["stranger to the toolbar", "stranger to us", "switched off"],
)
def test_who_may_not_explain_finds_nothing(client, opened, closed, settings):
    for name, value in closed.items():
        setattr(settings, name, value)

    answer = client.post(ACTION.search(opened)[1], {"signed": SIGNED.search(opened)[1]})

    assert answer.status_code == 404


def test_no_button_where_explain_is_switched_off(client, settings):
    settings.ORM_INSIGHT = {"EXPLAIN_ENABLED": False}

    assert not ACTION.search(content_of(client, client.get("/count/")))


def test_cancelling_says_whether_there_was_anything(client, opened):
    action = ACTION.search(opened)[1]
    form = {"signed": SIGNED.search(opened)[1], "cancel": "1"}
    index = int(re.search(r"\d+", action)[0])

    assert client.post(action, form).json() == {"cancelled": False}
    with cancellable((insight.recent()[0].id, index)) as cancellation:
        assert client.post(action, form).json() == {"cancelled": True}
    assert cancellation.is_asked
