"""The test project's addresses, and views that answer in ways a toolbar has to bear."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path

from tests.testapp.models import Book
from tests.urls import urlpatterns as of_the_project


def is_nobody(request: HttpRequest) -> bool:
    """A rule that lets nobody in."""
    return False


async def books_async(request: HttpRequest) -> HttpResponse:
    authors = [book.author_id async for book in Book.objects.order_by("pk")]
    return render(request, "testapp/base.html", {"authors": authors})


def books_json(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"books": [str(book) for book in Book.objects.all()]})


def books_counted(request: HttpRequest) -> HttpResponse:
    return render(request, "testapp/base.html", {"count": Book.objects.count()})


def failing(request: HttpRequest) -> HttpResponse:
    Book.objects.count()
    raise RuntimeError("a failure of the application")


def without_queries(request: HttpRequest) -> HttpResponse:
    return render(request, "testapp/base.html")


urlpatterns: list[URLPattern | URLResolver] = [
    path("async/", books_async),
    path("json/", books_json),
    path("count/", books_counted),
    path("failing/", failing),
    path("quiet/", without_queries),
    *of_the_project,
]
