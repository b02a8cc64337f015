"""The ground that the other tests stand on: both databases, the ASGI server, the browser."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from django.db import connections

from tests.browser import expect
from tests.pgapp.models import Specimen
from tests.testapp.factories import make_library
from tests.testapp.models import Book


@pytest.mark.django_db(databases="__all__")
def test_library_is_made_on_both_databases(alias):
    library = make_library(alias, books=3)

    assert Book.objects.using(alias).count() == 3
    assert connections[alias].vendor == {"default": "postgresql"}.get(alias, alias)
    assert library.books[2].author.mentor == library.people[1]


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgresql_has_the_tables_of_its_own_types():
    Specimen.objects.create(labels=["a", "b"], matrix=[[1, 2], [3, 4]])

    assert Specimen.objects.get(labels__contains=["a"]).matrix == [[1, 2], [3, 4]]


@pytest.mark.django_db(databases=["sqlite"])
def test_sqlite_has_no_table_of_a_postgresql_type():
    tables = connections["sqlite"].introspection.table_names()

    assert Book._meta.db_table in tables
    assert Specimen._meta.db_table not in tables


def test_asgi_server_serves_what_was_committed(live_asgi):
    make_library(books=2)

    response = httpx.get(f"{live_asgi.url}/books/")

    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"] == "default-src 'self'"
    assert "Book 1 by Person 1" in response.text


def test_browser_leaves_the_thread_free_for_database_and_event_loop(live_asgi, page):
    make_library(books=1)

    page.goto(f"{live_asgi.url}/books/")

    expect(page.locator("li")).to_have_text("Book 0 by Person 0")
    assert Book.objects.count() == 1
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


def test_page_collects_violations_of_the_policy(live_asgi, page):
    page.goto(f"{live_asgi.url}/books/")

    page.evaluate("document.body.setAttribute('style', 'color: red')")

    assert "Content Security Policy" in page.errors.pop()
