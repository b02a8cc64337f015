"""The site that is measured: one page of 201 queries, below the middleware of an ordinary project.

The queries fire in the innermost of several nested templates, about 60 Python frames deep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path

from tests.testapp.models import Book, Country, Person, Publisher

ROWS = 200
QUERIES = ROWS + 1
GetResponse = Callable[[HttpRequest], HttpResponse]


def request_timer(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        response["X-Elapsed"] = f"{time.perf_counter() - started:.3f}"
        return response

    return middleware


def tenant(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.tenant = request.get_host().partition(".")[0]  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def feature_flags(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.flags = frozenset({"new-shelf"})  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def now() -> tuple[float, float]:
    """The processor's time that this thread has used, and the time on the wall."""
    return time.thread_time(), time.perf_counter()


class TimedRows:
    """Notes the time at which the template asks for each row, and when it is through.

    Between two of these marks lies the rendering of one row, and with it exactly one query.
    """

    marks: ClassVar[list[tuple[float, float]]] = []

    def __init__(self, books: QuerySet[Book]) -> None:
        self.books = books

    def __len__(self) -> int:
        return len(self.books)

    def __iter__(self) -> Iterator[Book]:
        self.marks.clear()
        for book in self.books:
            self.marks.append(now())
            yield book
        self.marks.append(now())


def page(request: HttpRequest) -> HttpResponse:
    """One query for the books, and one more for the author of each."""
    return render(request, "bench/page.html", {"books": TimedRows(Book.objects.order_by("pk"))})


def long_page(request: HttpRequest, kind: str, queries: int) -> HttpResponse:
    """So many queries, of one statement, or each with a column of another name."""
    for number in range(queries):
        books = Book.objects.filter(pk=number)
        if kind == "different":
            books = books.annotate(**{f"number_{number}": F("pk")})
        books.first()
    return HttpResponse("That was all.")


def always(request: HttpRequest) -> bool:
    """Shows the toolbar to everybody."""
    return True


def fill() -> None:
    """As many books as the page shows, each by an author of its own."""
    country = Country.objects.create(name="Country")
    publisher = Publisher.objects.create(name="Publisher")
    people = Person.objects.bulk_create(
        Person(name=f"Person {number}", country=country) for number in range(ROWS)
    )
    Book.objects.bulk_create(
        Book(title=f"Book {number}", author=author, publisher=publisher)
        for number, author in enumerate(people)
    )


def peer_urls(pairs: Any) -> list[URLResolver]:
    return [path(prefix, include(module)) for prefix, module in pairs]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", page),
    path("long/<str:kind>/<int:queries>/", long_page),
    *peer_urls(settings.BENCH_CONTENDER.urls),
]
