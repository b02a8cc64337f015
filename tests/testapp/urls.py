"""The addresses of the views of the test application."""

from __future__ import annotations

from django.urls import URLPattern, path

from tests.testapp import views

urlpatterns: list[URLPattern] = [
    path("books/", views.book_list, name="book-list"),
    path("books/generic/", views.BookList.as_view(), name="book-list-generic"),
    path("shelf/", views.shelf, name="shelf"),
    path("shelf/async/", views.shelf_async, name="shelf-async"),
    path("streamed/", views.streamed, name="streamed"),
    path("fails/", views.fails, name="fails"),
]
