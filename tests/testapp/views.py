"""Views that issue queries in all the ways an application does."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.generic import ListView

from tests.testapp.models import Book


def book_list(request: HttpRequest) -> HttpResponse:
    """An author is loaded for each book, in the template."""
    return render(request, "testapp/book_list.html", {"books": Book.objects.order_by("pk")})


def shelf(request: HttpRequest) -> HttpResponse:
    """Relations of each kind, loaded one by one in Python."""
    lines = [
        f"{book} by {book.author} ({book.author.profile}): {book.reviews.count()} reviews, "
        f"{', '.join(str(genre) for genre in book.genres.all())}"
        for book in Book.objects.order_by("pk")
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain")


def fails(request: HttpRequest) -> HttpResponse:
    """A statement that the database refuses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    return HttpResponse()


async def shelf_async(request: HttpRequest) -> HttpResponse:
    """One statement, awaited."""
    return HttpResponse(str(await Book.objects.acount()), content_type="text/plain")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    """Rows that are read while the response is sent; their publishers are not."""
    books = Book.objects.select_related("author", "publisher").order_by("pk")
    return StreamingHttpResponse(f"{book.author.name}\n" for book in books)


class BookList(ListView):
    """A generic view that builds its queryset itself."""

    model = Book
    template_name = "testapp/book_list.html"
    context_object_name = "books"
