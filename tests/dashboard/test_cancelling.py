"""Who leaves takes the statement along: on a real ASGI server, and by a second request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from django.db import connection

from orm_insight.explain.runner import CANCELLED
from tests.asgi import running_server
from tests.browser import expect
from tests.builders import make_query
from tests.dashboard.pages import forms_token
from tests.explain.waiting import running_statements, wait_until

pytestmark = pytest.mark.postgres

SYNC_ONLY = "tests.dashboard.test_cancelling.sync_only"
MARK = "pg_sleep(29)"


def sync_only(get_response):
    """A middleware as many projects have: the chain leaves the event loop and comes back."""
    return lambda request: get_response(request)


class Visitor:
    """A browser that has the page open, with its token."""

    def __init__(self, address: str) -> None:
        self.address = address
        page = httpx.get(address)
        self.token = forms_token(page.text)
        self.cookie = f"csrftoken={page.cookies['csrftoken']}"

    @contextmanager
    def asking(self, **data: str) -> Iterator[HTTPConnection]:
        """The form is sent, and the connection is closed at the end of the block."""
        parts = urlsplit(self.address)
        connection = HTTPConnection(parts.hostname, parts.port, timeout=20)
        body = urlencode({"csrfmiddlewaretoken": self.token, "analyze": "1", **data})
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{parts.path}explain/?format=json", body, headers)
        try:
            yield connection
        finally:
            connection.close()


def is_running() -> bool:
    return bool(running_statements(connection.get_connection_params(), MARK))


@pytest.fixture
def server(dashboard, transactional_db):
    """Starts the project with more middleware, and opens the page of a query that sleeps."""
    connection.ensure_connection()
    trace = dashboard.keep(make_query(f"SELECT {MARK}", vendor="postgresql", alias="default"))

    @contextmanager
    def start(settings, *middleware: str) -> Iterator[Visitor]:
        settings.MIDDLEWARE = [*middleware, *settings.MIDDLEWARE, *middleware]
        with running_server() as server:
            yield Visitor(f"{server.url}/_orm/traces/{trace.id}/queries/0/")

    return start


@pytest.mark.parametrize("middleware", [[], [SYNC_ONLY]], ids=["async", "through sync middleware"])
@pytest.mark.parametrize("atomic", [False, True], ids=["", "atomic requests"])
def test_statement_ends_when_the_client_leaves(server, settings, monkeypatch, middleware, atomic):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    with server(settings, *middleware) as visitor:
        with visitor.asking():
            wait_until(is_running)
        wait_until(lambda: not is_running())

        assert httpx.get(visitor.address).status_code == 200


def test_second_request_ends_the_first_which_says_so(server, settings):
    with server(settings) as visitor, visitor.asking() as first:
        wait_until(is_running)
        with visitor.asking(cancel="1") as second:
            cancelled = json.load(second.getresponse())
        answer = json.load(first.getresponse())

    assert cancelled == {"cancelled": True}
    assert answer["error"] == CANCELLED
    assert not is_running()


def test_button_of_the_page(dashboard, live_asgi, page):
    connection.ensure_connection()
    trace = dashboard.keep(make_query(f"SELECT {MARK}", vendor="postgresql", alias="default"))
    page.goto(f"{live_asgi.url}/_orm/traces/{trace.id}/queries/0/")
    page.get_by_role("button", name="Explain analyze").click()
    wait_until(is_running)

    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("[data-oi-result]")).to_have_text(CANCELLED)
    assert not is_running()
    assert page.get_by_role("button", name="Explain analyze").is_enabled()


def test_nothing_to_cancel(dashboard):
    trace = dashboard.keep(make_query("SELECT 1", vendor="postgresql", alias="default"))
    path = f"traces/{trace.id}/queries/0/"

    answer = dashboard.post(f"{path}explain/?format=json", referred_by=path, cancel="1")
    page = dashboard.post(f"{path}explain/", referred_by=path, cancel="1")

    assert answer.json() == {"cancelled": False}
    assert (page.status_code, page.headers["Location"]) == (303, f"/_orm/{path}")


def test_second_request_under_wsgi(dashboard, live_server):
    """Threads of one process, as gunicorn runs them."""
    connection.ensure_connection()
    trace = dashboard.keep(make_query(f"SELECT {MARK}", vendor="postgresql", alias="default"))
    visitor = Visitor(f"{live_server.url}/_orm/traces/{trace.id}/queries/0/")
    with visitor.asking() as first:
        wait_until(is_running)
        with visitor.asking(cancel="1") as second:
            assert json.load(second.getresponse()) == {"cancelled": True}
        assert json.load(first.getresponse())["error"] == CANCELLED
