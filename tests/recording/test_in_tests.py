"""Recordings in a project's own tests: its clients' requests, and blocks that its tests check."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, TestCase, TransactionTestCase, override_settings
from django.urls import path

import orm_insight
from orm_insight import insight
from tests.testapp.factories import make_library
from tests.testapp.models import Book

HERE = __name__


def view(request: HttpRequest) -> HttpResponse:
    for book in Book.objects.order_by("pk"):
        str(book.author.name)
    return HttpResponse()


async def view_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse(await Book.objects.acount())


urlpatterns = [path("view/", view), path("async/", view_async)]


def kinds() -> list[tuple[str, str, int]]:
    return [(trace.kind, trace.name, len(trace.queries)) for trace in insight.recent()]


@override_settings(ROOT_URLCONF=HERE)
class InTransaction(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_library(books=3)

    def test_a_request_of_the_client_is_a_trace(self):
        self.client.get("/view/")

        assert kinds() == [("request", "GET /view/", 4)]

    def test_a_block_says_what_is_wrong(self):
        with orm_insight.capture("the list of books", kind="test") as trace:
            self.client.get("/view/")

        assert len(trace.queries) == 4
        assert [hint.code for hint in trace.report().hints] == ["ORM101"]
        assert ("test", "the list of books", 4) in kinds()

    async def test_asynchronous(self):
        await self.async_client.get("/async/")

        assert kinds() == [("request", "GET /async/", 1)]


@override_settings(ROOT_URLCONF=HERE)
class WithTransactions(TransactionTestCase):
    def setUp(self):
        make_library(books=3)

    def test_a_request_of_the_client_is_a_trace(self):
        self.client.get("/view/")

        assert kinds() == [("request", "GET /view/", 4)]

    def test_the_tables_are_emptied_without_a_trace(self):
        assert kinds() == []


@orm_insight.capture("decorated", kind="test")
def counted() -> int:
    return Book.objects.count()


@pytest.mark.django_db
def test_a_function_as_a_block():
    counted()

    assert kinds() == [("test", "decorated", 1)]


@pytest.mark.django_db
@pytest.mark.urls(HERE)
def test_the_client_of_pytest(client: Client):
    make_library(books=3)

    client.get("/view/")

    assert kinds() == [("request", "GET /view/", 4)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls(HERE)
def test_the_asynchronous_client_of_pytest(async_client: AsyncClient):
    async_to_sync(async_client.get)("/async/")

    assert kinds() == [("request", "GET /async/", 1)]
